//! Answers every call with the answer of the same function of the imported interface.
wit_bindgen::generate!({ path: "wit", world: "kinds", ownership: Owning });

use exports::weft::kinds::here::Guest;
use weft::kinds::there;
use weft::kinds::types::*;

struct Kinds;

impl Guest for Kinds {
    fn nothing() {
        there::nothing()
    }
    fn one_bool(a: bool) -> bool {
        there::one_bool(a)
    }
    fn one_s8(a: i8) -> i8 {
        there::one_s8(a)
    }
    fn one_u8(a: u8) -> u8 {
        there::one_u8(a)
    }
    fn one_s16(a: i16) -> i16 {
        there::one_s16(a)
    }
    fn one_u16(a: u16) -> u16 {
        there::one_u16(a)
    }
    fn one_s32(a: i32) -> i32 {
        there::one_s32(a)
    }
    fn one_u32(a: u32) -> u32 {
        there::one_u32(a)
    }
    fn one_s64(a: i64) -> i64 {
        there::one_s64(a)
    }
    fn one_u64(a: u64) -> u64 {
        there::one_u64(a)
    }
    fn one_f32(a: f32) -> f32 {
        there::one_f32(a)
    }
    fn one_f64(a: f64) -> f64 {
        there::one_f64(a)
    }
    fn one_char(a: char) -> char {
        there::one_char(a)
    }
    fn one_string(a: String) -> String {
        there::one_string(&a)
    }
    fn list_bool(a: Vec<bool>) -> Vec<bool> {
        there::list_bool(&a)
    }
    fn list_s8(a: Vec<i8>) -> Vec<i8> {
        there::list_s8(&a)
    }
    fn list_u8(a: Vec<u8>) -> Vec<u8> {
        there::list_u8(&a)
    }
    fn list_s16(a: Vec<i16>) -> Vec<i16> {
        there::list_s16(&a)
    }
    fn list_u16(a: Vec<u16>) -> Vec<u16> {
        there::list_u16(&a)
    }
    fn list_s32(a: Vec<i32>) -> Vec<i32> {
        there::list_s32(&a)
    }
    fn list_u32(a: Vec<u32>) -> Vec<u32> {
        there::list_u32(&a)
    }
    fn list_s64(a: Vec<i64>) -> Vec<i64> {
        there::list_s64(&a)
    }
    fn list_u64(a: Vec<u64>) -> Vec<u64> {
        there::list_u64(&a)
    }
    fn list_f32(a: Vec<f32>) -> Vec<f32> {
        there::list_f32(&a)
    }
    fn list_f64(a: Vec<f64>) -> Vec<f64> {
        there::list_f64(&a)
    }
    fn list_char(a: Vec<char>) -> Vec<char> {
        there::list_char(&a)
    }
    fn list_string(a: Vec<String>) -> Vec<String> {
        there::list_string(&a)
    }
    fn scalars_flat(a: Scalars) -> Scalars {
        there::scalars_flat(&a)
    }
    fn scalars_in_memory(a: Scalars, b: Scalars) -> (Scalars, Scalars) {
        there::scalars_in_memory(&a, &b)
    }
    fn scalars_list(a: Vec<Scalars>) -> Vec<Scalars> {
        there::scalars_list(&a)
    }
    fn sixteen(
        a: u32,
        b: i8,
        c: u64,
        d: f32,
        e: u32,
        f: i8,
        g: u64,
        h: f32,
        i: u32,
        j: i8,
        k: u64,
        l: f32,
        m: u32,
        n: i8,
        o: u64,
        p: f32,
    ) -> (
        u32,
        i8,
        u64,
        f32,
        u32,
        i8,
        u64,
        f32,
        u32,
        i8,
        u64,
        f32,
        u32,
        i8,
        u64,
        f32,
    ) {
        there::sixteen(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
    }
    fn seventeen(
        a: u32,
        b: i8,
        c: u64,
        d: f32,
        e: u32,
        f: i8,
        g: u64,
        h: f32,
        i: u32,
        j: i8,
        k: u64,
        l: f32,
        m: u32,
        n: i8,
        o: u64,
        p: f32,
        q: i16,
    ) -> (
        u32,
        i8,
        u64,
        f32,
        u32,
        i8,
        u64,
        f32,
        u32,
        i8,
        u64,
        f32,
        u32,
        i8,
        u64,
        f32,
        i16,
    ) {
        there::seventeen(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q)
    }
    fn every_flat(a: Every) -> Every {
        there::every_flat(&a)
    }
    fn every_list(a: Vec<Every>) -> Vec<Every> {
        there::every_list(&a)
    }
    fn every_in_memory(a: Every, b: Every) -> (Every, Every) {
        there::every_in_memory(&a, &b)
    }
    fn options(
        a: Option<u8>,
        b: Option<Option<String>>,
        c: Option<Scalars>,
    ) -> (Option<u8>, Option<Option<String>>, Option<Scalars>) {
        there::options(a, b.as_ref().map(|b| b.as_deref()), c.as_ref())
    }
    fn option_list(a: Vec<Option<f64>>) -> Vec<Option<f64>> {
        there::option_list(&a)
    }
    fn result_flat(a: Result<String, u64>) -> Result<String, u64> {
        there::result_flat(a.as_deref().map_err(|e| *e))
    }
    fn result_none(
        a: Result<(), ()>,
        b: Result<u8, ()>,
        c: Result<(), char>,
    ) -> (Result<(), ()>, Result<u8, ()>, Result<(), char>) {
        there::result_none(a, b, c)
    }
    fn result_list(a: Vec<Result<Scalars, Vec<String>>>) -> Vec<Result<Scalars, Vec<String>>> {
        there::result_list(&a)
    }
    fn nested(a: Vec<Vec<Vec<String>>>) -> Vec<Vec<Vec<String>>> {
        there::nested(&a)
    }
    fn nested_numbers(a: Vec<Vec<u16>>) -> Vec<Vec<u16>> {
        there::nested_numbers(&a)
    }
    fn flags_all(
        a: Flags1,
        b: Flags8,
        c: Flags9,
        d: Flags16,
        e: Flags17,
        f: Flags32,
    ) -> (Flags1, Flags8, Flags9, Flags16, Flags17, Flags32) {
        there::flags_all(a, b, c, d, e, f)
    }
    fn flags_list(
        a: Vec<(Flags1, Flags8, Flags9, Flags16, Flags17, Flags32)>,
    ) -> Vec<(Flags1, Flags8, Flags9, Flags16, Flags17, Flags32)> {
        there::flags_list(&a)
    }
    fn flags_payload(
        a: Option<Flags17>,
        b: Result<Flags9, Flags32>,
    ) -> (Option<Flags17>, Result<Flags9, Flags32>) {
        there::flags_payload(a, b)
    }
    fn enums(a: Enum1, b: Enum256, c: Enum257, d: Enum300) -> (Enum1, Enum256, Enum257, Enum300) {
        there::enums(a, b, c, d)
    }
    fn enum_list(a: Vec<(Enum300, Enum1, Enum256)>) -> Vec<(Enum300, Enum1, Enum256)> {
        there::enum_list(&a)
    }
    fn variant_flat(a: Variant300) -> Variant300 {
        there::variant_flat(&a)
    }
    fn variant_list(a: Vec<Variant300>) -> Vec<Variant300> {
        there::variant_list(&a)
    }
    fn tuples(
        a: (u8, u64, u16, f64, bool),
        b: (String, (char, (u8,))),
    ) -> ((u8, u64, u16, f64, bool), (String, (char, (u8,)))) {
        there::tuples(a, (&b.0, b.1))
    }
    fn tuple_list(a: Vec<(u8, u32)>) -> Vec<(u8, u32)> {
        there::tuple_list(&a)
    }
    fn padded_list(a: Vec<Padded>) -> Vec<Padded> {
        there::padded_list(&a)
    }
    fn deep_one(a: Deep) -> Deep {
        there::deep_one(&a)
    }
    fn deep_list(a: Vec<Deep>) -> Vec<Deep> {
        there::deep_list(&a)
    }
}

export!(Kinds);
