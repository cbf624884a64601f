//! Answers every call with its own argument.
wit_bindgen::generate!({ path: "../wit", world: "echo" });

use exports::test::demo::api::{Guest as Api, Nested, Numbers, Person, Shape};

struct Echo;

impl Api for Echo {
    fn add(a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }
    fn bytes(data: Vec<u8>) -> Vec<u8> {
        data
    }
    fn text(text: String) -> String {
        text
    }
    fn echo_person(p: Person) -> Person {
        p
    }
    fn echo_people(p: Vec<Person>) -> Vec<Person> {
        p
    }
    fn echo_shape(s: Shape) -> Shape {
        s
    }
    fn echo_numbers(n: Numbers) -> Numbers {
        n
    }
    fn echo_nested(n: Nested) -> Nested {
        n
    }
    fn echo_results(
        a: Result<(), ()>,
        b: Result<u64, ()>,
        c: Result<(), String>,
    ) -> (Result<(), ()>, Result<u64, ()>, Result<(), String>) {
        (a, b, c)
    }
    fn wide(
        a: u8,
        b: u16,
        c: u32,
        d: u64,
        e: i8,
        f: i16,
        g: i32,
        h: i64,
        i: f32,
        j: f64,
        k: bool,
        l: char,
        m: u8,
        n: u8,
        o: u8,
        p: u8,
        q: u8,
    ) -> u64 {
        let small = [a, m, n, o, p, q].map(u64::from);
        let signed = [i64::from(e), i64::from(f), i64::from(g), h];
        small.iter().sum::<u64>()
            + u64::from(b)
            + u64::from(c)
            + d
            + signed.iter().sum::<i64>() as u64
            + i as u64
            + j as u64
            + u64::from(k)
            + u64::from(l)
    }
    fn nothing() {}
    fn fail(text: String) -> u32 {
        panic!("asked to fail: {text}")
    }
}

impl Guest for Echo {
    fn twice(n: u32) -> u32 {
        n.wrapping_mul(2)
    }
}

export!(Echo);
