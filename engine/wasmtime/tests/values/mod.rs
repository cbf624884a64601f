//! Random values of any type, and a codec between `Val` and images that shares no code with the engine.
use wasmtime::component::Val;
use wasmtime::component::types::Type;

/// A small generator whose numbers depend on the seed alone.
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Often a limit of the type, else anything.
    fn number(&mut self) -> u64 {
        match self.below(5) {
            0 => 0,
            1 => u64::MAX,
            2 => self.pick(&[1 << 7, 1 << 15, 1 << 31, 1 << 63]),
            3 => self.pick(&[(1 << 7) - 1, (1 << 15) - 1, (1 << 31) - 1, (1 << 63) - 1]),
            _ => self.bits(),
        }
    }

    fn char(&mut self) -> char {
        match self.below(4) {
            0 => self.pick(&['\0', '\u{d7ff}', '\u{e000}', '\u{10ffff}', '\u{80}']),
            1 => self.pick(&['é', '漢', '🦀', '"', '\\', '\n']),
            _ => (b'a' + self.below(26) as u8) as char,
        }
    }

    /// A value of a type.
    pub fn value(&mut self, ty: &Type) -> Val {
        match ty {
            Type::Bool => Val::Bool(self.below(2) == 1),
            Type::S8 => Val::S8(self.number() as i8),
            Type::U8 => Val::U8(self.number() as u8),
            Type::S16 => Val::S16(self.number() as i16),
            Type::U16 => Val::U16(self.number() as u16),
            Type::S32 => Val::S32(self.number() as i32),
            Type::U32 => Val::U32(self.number() as u32),
            Type::S64 => Val::S64(self.number() as i64),
            Type::U64 => Val::U64(self.number()),
            Type::Float32 => {
                let random = self.bits() as u32 as f32 / 7.0;
                let limits = [
                    0.0,
                    -0.0,
                    f32::NAN,
                    f32::INFINITY,
                    f32::MIN,
                    f32::MIN_POSITIVE,
                ];
                Val::Float32(if self.below(2) == 0 {
                    random
                } else {
                    self.pick(&limits)
                })
            }
            Type::Float64 => {
                let random = self.bits() as f64 / 7.0;
                let limits = [
                    0.0,
                    -0.0,
                    f64::NAN,
                    f64::NEG_INFINITY,
                    f64::MAX,
                    f64::EPSILON,
                ];
                Val::Float64(if self.below(2) == 0 {
                    random
                } else {
                    self.pick(&limits)
                })
            }
            Type::Char => Val::Char(self.char()),
            Type::String => {
                let len = self.pick(&[0, 1, 3, 17, 40]);
                Val::String((0..len).map(|_| self.char()).collect())
            }
            Type::List(list) => {
                let len = self.pick(&[0, 0, 1, 2, 3, 9]);
                Val::List((0..len).map(|_| self.value(&list.ty())).collect())
            }
            Type::Record(record) => Val::Record(
                record
                    .fields()
                    .map(|field| (field.name.to_string(), self.value(&field.ty)))
                    .collect(),
            ),
            Type::Tuple(tuple) => Val::Tuple(tuple.types().map(|ty| self.value(&ty)).collect()),
            Type::Enum(cases) => {
                let count = cases.names().len();
                let any = self.below(count);
                let case = self.pick(&[0, any, count - 1]);
                Val::Enum(cases.names().nth(case).unwrap().to_string())
            }
            Type::Flags(flags) => {
                let bits = self.number();
                let set = flags
                    .names()
                    .enumerate()
                    .filter(|(i, _)| bits >> i & 1 == 1);
                Val::Flags(set.map(|(_, name)| name.to_string()).collect())
            }
            Type::Variant(_) | Type::Option(_) | Type::Result(_) => {
                let mut cases = cases(ty);
                let case = self.below(cases.len());
                let (name, payload) = cases.swap_remove(case);
                make_case(ty, case, name, payload.map(|ty| self.value(&ty)))
            }
            other => panic!("not in these tests: {other:?}"),
        }
    }
}

fn make_case(ty: &Type, case: usize, name: String, payload: Option<Val>) -> Val {
    let payload = payload.map(Box::new);
    match ty {
        Type::Variant(_) => Val::Variant(name, payload),
        Type::Option(_) => Val::Option(payload),
        _ if case == 0 => Val::Result(Ok(payload)),
        _ => Val::Result(Err(payload)),
    }
}

fn cases(ty: &Type) -> Vec<(String, Option<Type>)> {
    match ty {
        Type::Variant(v) => v.cases().map(|c| (c.name.to_string(), c.ty)).collect(),
        Type::Option(o) => vec![("none".into(), None), ("some".into(), Some(o.ty()))],
        Type::Result(r) => vec![("ok".into(), r.ok()), ("error".into(), r.err())],
        other => panic!("no cases: {other:?}"),
    }
}

/// Number of flat core values.
pub fn flat_count(ty: &Type) -> usize {
    match ty {
        Type::String | Type::List(_) => 2,
        Type::Record(r) => r.fields().map(|f| flat_count(&f.ty)).sum(),
        Type::Tuple(t) => t.types().map(|t| flat_count(&t)).sum(),
        Type::Variant(_) | Type::Option(_) | Type::Result(_) => {
            let payloads = cases(ty).into_iter().filter_map(|(_, payload)| payload);
            1 + payloads.map(|ty| flat_count(&ty)).max().unwrap_or(0)
        }
        _ => 1,
    }
}

/// Bytes of a discriminant among so many cases.
fn tag_size(count: usize) -> usize {
    match count {
        0..=256 => 1,
        257..=65536 => 2,
        _ => 4,
    }
}

/// (size, alignment) of a type in the canonical ABI.
pub fn layout(ty: &Type) -> (usize, usize) {
    match ty {
        Type::Bool | Type::U8 | Type::S8 => (1, 1),
        Type::U16 | Type::S16 => (2, 2),
        Type::U32 | Type::S32 | Type::Float32 | Type::Char => (4, 4),
        Type::U64 | Type::S64 | Type::Float64 => (8, 8),
        Type::String | Type::List(_) => (8, 4),
        Type::Enum(e) => (tag_size(e.names().len()), tag_size(e.names().len())),
        Type::Flags(f) => match f.names().len() {
            0..=8 => (1, 1),
            9..=16 => (2, 2),
            _ => (4, 4),
        },
        Type::Record(r) => tuple_layout(&r.fields().map(|f| f.ty).collect::<Vec<_>>()),
        Type::Tuple(t) => tuple_layout(&t.types().collect::<Vec<_>>()),
        Type::Variant(_) | Type::Option(_) | Type::Result(_) => {
            let (payload, tag) = (payload_layout(ty), tag_size(cases(ty).len()));
            let align = payload.1.max(tag);
            let size = tag.next_multiple_of(payload.1) + payload.0;
            (size.next_multiple_of(align), align)
        }
        other => panic!("not in these tests: {other:?}"),
    }
}

/// The largest size and the largest alignment among the payloads.
fn payload_layout(ty: &Type) -> (usize, usize) {
    let payloads = cases(ty).into_iter().filter_map(|(_, payload)| payload);
    payloads
        .map(|ty| layout(&ty))
        .fold((0, 1), |(size, align), (s, a)| (size.max(s), align.max(a)))
}

pub fn tuple_layout(types: &[Type]) -> (usize, usize) {
    let (mut size, mut align) = (0usize, 1);
    for (s, a) in types.iter().map(layout) {
        size = size.next_multiple_of(a) + s;
        align = align.max(a);
    }
    (size.next_multiple_of(align), align)
}

/// The offset of each of these types in their tuple.
fn offsets(types: &[Type]) -> Vec<usize> {
    let mut next = 0usize;
    let place = |ty: &Type| {
        let (size, align) = layout(ty);
        let here = next.next_multiple_of(align);
        next = here + size;
        here
    };
    types.iter().map(place).collect()
}

/// The image of a tuple, its parts in the order in which they are met.
pub fn encode(types: &[Type], values: &[Val]) -> Vec<u8> {
    let mut image = vec![0; tuple_layout(types).0];
    encode_tuple(types, values.iter(), &mut image, 0);
    image
}

fn encode_tuple<'a>(
    types: &[Type],
    values: impl Iterator<Item = &'a Val>,
    image: &mut Vec<u8>,
    at: usize,
) {
    for ((ty, offset), value) in types.iter().zip(offsets(types)).zip(values) {
        encode_value(ty, value, image, at + offset);
    }
}

fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
    image[at..at + bytes.len()].copy_from_slice(bytes);
}

fn put_pair(image: &mut [u8], at: usize, pointer: usize, count: usize) {
    put(image, at, &(pointer as u32).to_le_bytes());
    put(image, at + 4, &(count as u32).to_le_bytes());
}

fn put_tag(image: &mut [u8], at: usize, tag: usize, count: usize) {
    put(image, at, &(tag as u32).to_le_bytes()[..tag_size(count)]);
}

fn encode_value(ty: &Type, value: &Val, image: &mut Vec<u8>, at: usize) {
    match (ty, value) {
        (_, Val::Bool(v)) => image[at] = u8::from(*v),
        (_, Val::S8(v)) => put(image, at, &v.to_le_bytes()),
        (_, Val::U8(v)) => put(image, at, &v.to_le_bytes()),
        (_, Val::S16(v)) => put(image, at, &v.to_le_bytes()),
        (_, Val::U16(v)) => put(image, at, &v.to_le_bytes()),
        (_, Val::S32(v)) => put(image, at, &v.to_le_bytes()),
        (_, Val::U32(v)) => put(image, at, &v.to_le_bytes()),
        (_, Val::S64(v)) => put(image, at, &v.to_le_bytes()),
        (_, Val::U64(v)) => put(image, at, &v.to_le_bytes()),
        (_, Val::Float32(v)) => put(image, at, &v.to_le_bytes()),
        (_, Val::Float64(v)) => put(image, at, &v.to_le_bytes()),
        (_, Val::Char(v)) => put(image, at, &u32::from(*v).to_le_bytes()),
        (_, Val::String(v)) => {
            let to = image.len();
            put_pair(image, at, to, v.len());
            image.extend_from_slice(v.as_bytes());
        }
        (Type::List(list), Val::List(values)) => {
            let (size, align) = layout(&list.ty());
            let to = image.len().next_multiple_of(align);
            image.resize(to + size * values.len(), 0);
            put_pair(image, at, to, values.len());
            for (i, value) in values.iter().enumerate() {
                encode_value(&list.ty(), value, image, to + i * size);
            }
        }
        (Type::Record(record), Val::Record(values)) => {
            let types: Vec<Type> = record.fields().map(|f| f.ty).collect();
            encode_tuple(&types, values.iter().map(|(_, value)| value), image, at);
        }
        (Type::Tuple(tuple), Val::Tuple(values)) => {
            let types: Vec<Type> = tuple.types().collect();
            encode_tuple(&types, values.iter(), image, at);
        }
        (Type::Enum(cases), Val::Enum(name)) => {
            let tag = cases.names().position(|case| case == name).unwrap();
            put_tag(image, at, tag, cases.names().len());
        }
        (Type::Flags(flags), Val::Flags(set)) => {
            for (i, name) in flags.names().enumerate() {
                image[at + i / 8] |= u8::from(set.iter().any(|n| n == name)) << (i % 8);
            }
        }
        (_, value) => encode_case(ty, value, image, at),
    }
}

fn encode_case(ty: &Type, value: &Val, image: &mut Vec<u8>, at: usize) {
    let (name, payload) = match value {
        Val::Variant(name, payload) => (name.as_str(), payload),
        Val::Option(payload) => (if payload.is_some() { "some" } else { "none" }, payload),
        Val::Result(Ok(payload)) => ("ok", payload),
        Val::Result(Err(payload)) => ("error", payload),
        other => panic!("not in these tests: {other:?}"),
    };
    let cases = cases(ty);
    let tag = cases.iter().position(|(case, _)| case == name).unwrap();
    put_tag(image, at, tag, cases.len());
    if let (Some(ty_of_payload), Some(payload)) = (&cases[tag].1, payload) {
        let offset = tag_size(cases.len()).next_multiple_of(payload_layout(ty).1);
        encode_value(ty_of_payload, payload, image, at + offset);
    }
}
