//! The prices of a sale: everything is 20 percent off. Takes over from the C++ `pricing` when app.yaml names it.

wit_bindgen::generate!({ world: "pricing-service", path: "../wit" });

use exports::example::shop::pricing::{Discount, Error, Guest, Item, Line, Product, Quote};

struct Sale;

const PERCENT: u8 = 20;

/// Id, name, full price, tags, stock.
type Entry = (
    &'static str,
    &'static str,
    u32,
    &'static [&'static str],
    Option<u32>,
);

const SHELF: [Entry; 4] = [
    (
        "mug",
        "Mug with a woven pattern",
        1250,
        &["kitchen"],
        Some(40),
    ),
    ("scarf", "Scarf, merino", 4900, &["warm", "wool"], Some(12)),
    ("loom", "Table loom", 28900, &["tools"], None),
    ("yarn", "Ball of yarn", 690, &["tools", "wool"], Some(500)),
];

fn reduced(price: u32) -> u32 {
    price - price * u32::from(PERCENT) / 100
}

impl Guest for Sale {
    fn catalogue() -> Vec<Product> {
        SHELF
            .iter()
            .map(|&(id, name, price, tags, stock)| Product {
                id: id.into(),
                name: name.into(),
                price: reduced(price),
                tags: tags.iter().map(|tag| tag.to_string()).collect(),
                stock,
            })
            .collect()
    }

    fn price(items: Vec<Item>) -> Result<Quote, Error> {
        let mut quote = Quote {
            lines: Vec::new(),
            total: 0,
        };
        for item in items {
            let Some(&(_, name, price, _, stock)) =
                SHELF.iter().find(|entry| entry.0 == item.product)
            else {
                return Err(Error::UnknownProduct(item.product));
            };
            if let Some(left) = stock.filter(|left| *left < item.quantity) {
                return Err(Error::NotEnough((item, left)));
            }
            let total = reduced(price * item.quantity);
            quote.total += total;
            quote.lines.push(Line {
                item,
                name: name.into(),
                discount: Discount::Sale((PERCENT, "the great sale".into())),
                total,
            });
        }
        Ok(quote)
    }
}

export!(Sale);
