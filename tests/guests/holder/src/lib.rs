//! Uses a resource that the host keeps.
wit_bindgen::generate!({ path: "../wit", world: "holder" });

use exports::test::demo::keep::Guest;
use test::demo::vault::{Item, find};
use test::demo::vault_more::weigh;

struct Holder;

impl Guest for Holder {
    fn work(n: u32) -> String {
        let mut all = Item::new("start");
        for i in 0..n {
            let next = Item::new(&format!("item {i}"));
            let weight = weigh(&[&all, &next]);
            note(&format!("weight {weight}"));
            all = Item::join(&all, next);
        }
        if let Some(found) = find("known") {
            all = Item::join(&found, all);
        }
        all.name()
    }

    fn hold(n: u32) {
        for i in 0..n {
            std::mem::forget(Item::new(&format!("{i}")));
        }
    }
}

export!(Holder);
