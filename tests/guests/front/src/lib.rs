//! Imports `test:demo/api`, drives it, and checks that what comes back equals what was sent.
wit_bindgen::generate!({
    path: "../wit",
    world: "front",
    additional_derives: [PartialEq, Clone],
});

use exports::test::demo::drive::Guest;
use test::demo::api::{self, Color, Nested, Nine, Numbers, Perms, Person, Point, Shape, Twenty};

struct Front;

fn shape(i: u32) -> Shape {
    match i % 5 {
        0 => Shape::Nothing,
        1 => Shape::Circle(i as f32 * 0.5),
        2 => Shape::Poly(
            (0..i % 7)
                .map(|k| Point {
                    x: -(k as i32),
                    y: k as f64 / 3.0,
                })
                .collect(),
        ),
        3 => Shape::Named(format!("shape \u{1f980} {i}")),
        _ => Shape::Big(u64::MAX - u64::from(i)),
    }
}

fn person(i: u32) -> Person {
    Person {
        name: format!("name {i}"),
        age: (i % 2 == 0).then_some(i as u8),
        tags: (0..i % 4).map(|k| "t".repeat(k as usize)).collect(),
        home: (i % 3 == 0).then_some(Point {
            x: i as i32,
            y: -1.5,
        }),
        shape: shape(i),
        color: [Color::Red, Color::Green, Color::Blue][i as usize % 3],
        perms: if i % 2 == 0 {
            Perms::READ | Perms::EXEC
        } else {
            Perms::WRITE
        },
        id: 0x0123_4567_89ab_cdef ^ u64::from(i),
        ok: i % 2 == 1,
        initial: char::from_u32(0x41 + i % 26).unwrap_or('?'),
        outcome: if i % 2 == 0 {
            Ok(format!("fine {i}"))
        } else {
            Err(i)
        },
        pair: (i as u8, u64::from(i) << 40),
    }
}

fn numbers(low: bool) -> Numbers {
    let pick = |a: i64, b: i64| if low { a } else { b };
    Numbers {
        a: pick(0, 255) as u8,
        b: pick(-128, 127) as i8,
        c: pick(0, 65_535) as u16,
        d: pick(-32_768, 32_767) as i16,
        e: pick(0, 4_294_967_295) as u32,
        f: pick(-2_147_483_648, 2_147_483_647) as i32,
        g: if low { 0 } else { u64::MAX },
        h: pick(i64::MIN, i64::MAX),
        i: if low { f32::MIN } else { f32::INFINITY },
        j: if low { f64::MIN_POSITIVE } else { -0.0 },
        k: low,
        l: if low { '\0' } else { char::MAX },
        m: if low {
            Nine::empty()
        } else {
            Nine::from_bits_retain(0x1ff)
        },
        n: if low {
            Twenty::A | Twenty::T
        } else {
            Twenty::from_bits_retain(0xf_ffff)
        },
    }
}

fn nested() -> Nested {
    vec![
        None,
        Some(Ok(vec![(1, "one".into()), (2, String::new())])),
        Some(Ok(vec![])),
        Some(Err(None)),
        Some(Err(Some(shape(2)))),
        Some(Err(Some(shape(3)))),
    ]
}

impl Guest for Front {
    fn call_add(n: u32) -> u32 {
        (0..n).fold(0, |sum, i| api::add(sum, i))
    }
    fn call_bytes(n: u32, size: u32) -> u64 {
        let data = vec![7u8; size as usize];
        (0..n).map(|_| api::bytes(&data).len() as u64).sum()
    }
    fn call_people(n: u32) -> bool {
        let people: Vec<Person> = (0..n).map(person).collect();
        api::echo_people(&people) == people
    }
    fn call_people_often(n: u32, times: u32) -> bool {
        let people: Vec<Person> = (0..n).map(person).collect();
        let last = (0..times).map(|_| api::echo_people(&people)).last();
        last.is_none_or(|last| last == people)
    }
    fn call_person() -> bool {
        (0..20).map(person).all(|p| api::echo_person(&p) == p)
    }
    fn call_shapes() -> bool {
        (0..20).map(shape).all(|s| api::echo_shape(&s) == s)
    }
    fn call_rest() -> bool {
        let long = "\u{1f980} text ".repeat(1000);
        let results = (Err(()), Ok(u64::MAX), Err("no".to_string()));
        api::nothing();
        [true, false]
            .into_iter()
            .all(|low| api::echo_numbers(numbers(low)) == numbers(low))
            && api::echo_nested(&nested()) == nested()
            && api::text(&long) == long
            && api::text("").is_empty()
            && api::echo_results(results.0, results.1, Err("no")) == results
            && api::wide(
                1, 2, 3, 4, -1, -2, -3, -4, 5.0, 6.0, true, 'a', 1, 2, 3, 4, 5,
            ) == 1 + 2 + 3 + 4 - 10 + 11 + 1 + 97 + 15
    }
    fn call_fail(text: String) -> u32 {
        api::fail(&text)
    }
    fn make_people(n: u32) -> Vec<Person> {
        (0..n).map(person).collect()
    }
}

export!(Front);
