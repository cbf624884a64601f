//! Images as text and back, in WAVE, the component model's notation for values: `(1, "a", some(2))`.
//!
//! For people: the command line, traces, error messages. Not fast, and not for handles.
use crate::image::Image;
use crate::steps::{Kind, ShapeId, Shapes, Validator};
use std::borrow::Cow;
use std::fmt;
use wasm_wave::value::{Type as Text, Value};
use wasm_wave::wasm::{WasmType, WasmValue};
use wasmtime::component::types::Type;
use wasmtime::{Result, bail, format_err};

/// Writes and reads the values of one tuple of types: a function's parameters, or its result as a tuple
/// of none or one.
pub struct Wave {
    shapes: Shapes,
    root: ShapeId,
    /// The tuple for the text; there is no empty one.
    text: Option<Text>,
    validator: Validator,
}

/// A text that is not a value of the type, and where that shows. Lines and columns count from 1, columns
/// in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextError {
    pub line: usize,
    pub column: usize,
    pub message: String,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.message
        )
    }
}

impl std::error::Error for TextError {}

impl TextError {
    fn new(text: &str, at: usize, message: impl Into<String>) -> TextError {
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &text[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        TextError {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
        }
    }
}

impl Wave {
    /// An error when images or the notation have no place for one of the types.
    pub fn new(types: impl IntoIterator<Item = Type>) -> Result<Wave> {
        let types: Vec<Type> = types.into_iter().collect();
        let text: Result<Vec<Text>> = types.iter().map(text_type).collect();
        let mut shapes = Shapes::default();
        Ok(Wave {
            root: shapes.public_tuple(types.iter().cloned())?,
            shapes,
            text: Text::tuple(text?),
            validator: Validator::new(types)?,
        })
    }

    /// The text of an image, always as a tuple: `(1)`, `()`. An error when the image is not one of these
    /// types (see `Validator`).
    pub fn print(&self, image: &[u8]) -> Result<String> {
        self.validator.check(image)?;
        let Some(text) = &self.text else {
            return Ok("()".into());
        };
        let reader = Reader {
            shapes: &self.shapes,
            image,
        };
        Ok(wasm_wave::to_string(&reader.value(self.root, text, 0)?)?)
    }

    /// The image that a text stands for.
    pub fn parse(&self, text: &str) -> Result<Image, TextError> {
        let Some(ty) = &self.text else {
            return match text.split_whitespace().collect::<String>().as_str() {
                "()" => Ok(Vec::new().into()),
                _ => Err(TextError::new(text, 0, "expected (), there are no values")),
            };
        };
        let value: Value = wasm_wave::from_str(ty, text).map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            let message = match cause.or_else(|| error.detail().map(str::to_string)) {
                Some(more) => format!("{}: {more}", error.kind()),
                None => error.kind().to_string(),
            };
            TextError::new(text, error.span().start, message)
        })?;
        let mut writer = Writer {
            shapes: &self.shapes,
            out: vec![0; self.shapes.get(self.root).size],
        };
        match writer.value(self.root, ty, &value, 0) {
            Ok(()) => Ok(writer.out.into()),
            Err(error) => Err(TextError::new(text, 0, error.to_string())),
        }
    }
}

/// The notation's type for a component's type.
fn text_type(ty: &Type) -> Result<Text> {
    let optional = |ty: Option<Type>| ty.map(|ty| text_type(&ty)).transpose();
    Ok(match ty {
        Type::Bool => Text::BOOL,
        Type::S8 => Text::S8,
        Type::U8 => Text::U8,
        Type::S16 => Text::S16,
        Type::U16 => Text::U16,
        Type::S32 => Text::S32,
        Type::U32 => Text::U32,
        Type::S64 => Text::S64,
        Type::U64 => Text::U64,
        Type::Float32 => Text::F32,
        Type::Float64 => Text::F64,
        Type::Char => Text::CHAR,
        Type::String => Text::STRING,
        Type::List(list) => Text::list(text_type(&list.ty())?),
        Type::Option(option) => Text::option(text_type(&option.ty())?),
        Type::Result(result) => Text::result(optional(result.ok())?, optional(result.err())?),
        Type::Enum(cases) => some(Text::enum_ty(cases.names()))?,
        Type::Flags(flags) => some(Text::flags(flags.names()))?,
        Type::Tuple(tuple) => {
            let types: Result<Vec<Text>> = tuple.types().map(|ty| text_type(&ty)).collect();
            some(Text::tuple(types?))?
        }
        Type::Record(record) => {
            let fields: Result<Vec<(String, Text)>> = record
                .fields()
                .map(|field| Ok((field.name.to_string(), text_type(&field.ty)?)))
                .collect();
            some(Text::record(fields?))?
        }
        Type::Variant(variant) => {
            let cases: Result<Vec<(String, Option<Text>)>> = variant
                .cases()
                .map(|case| Ok((case.name.to_string(), optional(case.ty)?)))
                .collect();
            some(Text::variant(cases?))?
        }
        _ => bail!("there is no text for handles, streams and the like"),
    })
}

fn some(ty: Option<Text>) -> Result<Text> {
    ty.ok_or_else(|| format_err!("there is no text for an empty type"))
}

/// The type of each member of a record or tuple.
fn members(text: &Text) -> Vec<Text> {
    match text.kind() {
        wasm_wave::wasm::WasmTypeKind::Tuple => text.tuple_element_types().collect(),
        _ => text.record_fields().map(|(_, ty)| ty).collect(),
    }
}

/// The (name, payload) of each case of a variant, option or result.
fn cases(text: &Text) -> Vec<(Cow<'_, str>, Option<Text>)> {
    if let Some(some) = text.option_some_type() {
        return vec![("none".into(), None), ("some".into(), Some(some))];
    }
    match text.result_types() {
        Some((ok, err)) => vec![("ok".into(), ok), ("err".into(), err)],
        None => text.variant_cases().collect(),
    }
}

/// Calls `each` with the shape and offset of every member of a record.
fn layout(shapes: &Shapes, fields: &[ShapeId]) -> Vec<(ShapeId, usize)> {
    let mut at = 0usize;
    let place = |id: &ShapeId| {
        let shape = shapes.get(*id);
        let here = at.next_multiple_of(shape.align);
        at = here + shape.size;
        (*id, here)
    };
    fields.iter().map(place).collect()
}

/// Reads an image that the validator has accepted.
struct Reader<'a> {
    shapes: &'a Shapes,
    image: &'a [u8],
}

impl Reader<'_> {
    fn number(&self, at: usize, width: usize) -> u64 {
        let mut word = [0; 8];
        word[..width].copy_from_slice(&self.image[at..at + width]);
        u64::from_le_bytes(word)
    }

    fn pair(&self, at: usize) -> (usize, usize) {
        (self.number(at, 4) as usize, self.number(at + 4, 4) as usize)
    }

    fn value(&self, id: ShapeId, text: &Text, at: usize) -> Result<Value> {
        use wasm_wave::wasm::WasmTypeKind as T;
        let shape = self.shapes.get(id);
        let bits = || self.number(at, shape.size);
        Ok(match (text.kind(), &shape.kind) {
            (T::Bool, _) => Value::make_bool(bits() != 0),
            (T::S8, _) => Value::make_s8(bits() as i8),
            (T::U8, _) => Value::make_u8(bits() as u8),
            (T::S16, _) => Value::make_s16(bits() as i16),
            (T::U16, _) => Value::make_u16(bits() as u16),
            (T::S32, _) => Value::make_s32(bits() as i32),
            (T::U32, _) => Value::make_u32(bits() as u32),
            (T::S64, _) => Value::make_s64(bits() as i64),
            (T::U64, _) => Value::make_u64(bits()),
            (T::F32, _) => Value::make_f32(f32::from_bits(bits() as u32)),
            (T::F64, _) => Value::make_f64(f64::from_bits(bits())),
            (T::Char, _) => match char::from_u32(bits() as u32) {
                Some(char) => Value::make_char(char),
                None => bail!("invalid char"),
            },
            (T::String, _) => {
                let (at, len) = self.pair(at);
                Value::make_string(std::str::from_utf8(&self.image[at..at + len])?.into())
            }
            (T::Enum, _) => match text.enum_cases().nth(bits() as usize) {
                Some(name) => Value::make_enum(text, &name)?,
                None => bail!("invalid case"),
            },
            (T::Flags, _) => {
                let names = text.flags_names().enumerate();
                let set = names.filter(|(i, _)| self.image[at + i / 8] >> (i % 8) & 1 == 1);
                let set: Vec<_> = set.map(|(_, name)| name).collect();
                Value::make_flags(text, set.iter().map(|name| &**name))?
            }
            (T::List, Kind::List(element)) => self.list(*element, text, at)?,
            (T::Record | T::Tuple, Kind::Record(fields)) => self.record(fields, text, at)?,
            (_, Kind::Variant(payloads)) => self.variant(payloads, text, at)?,
            (kind, _) => bail!("there is no text for {kind}"),
        })
    }

    fn list(&self, element: ShapeId, text: &Text, at: usize) -> Result<Value> {
        let (at, count) = self.pair(at);
        let Some(ty) = text.list_element_type() else {
            bail!("a list without a type")
        };
        let size = self.shapes.get(element).size;
        let values: Result<Vec<Value>> = (0..count)
            .map(|i| self.value(element, &ty, at + i * size))
            .collect();
        Ok(Value::make_list(text, values?)?)
    }

    fn record(&self, fields: &[ShapeId], text: &Text, at: usize) -> Result<Value> {
        let places = layout(self.shapes, fields);
        let values: Result<Vec<Value>> = places
            .into_iter()
            .zip(members(text))
            .map(|((id, offset), ty)| self.value(id, &ty, at + offset))
            .collect();
        let values = values?;
        if text.kind() == wasm_wave::wasm::WasmTypeKind::Tuple {
            return Ok(Value::make_tuple(text, values)?);
        }
        let names: Vec<_> = text.record_fields().map(|(name, _)| name).collect();
        let fields = names.iter().map(|name| &**name).zip(values);
        Ok(Value::make_record(text, fields)?)
    }

    fn variant(&self, payloads: &[Option<ShapeId>], text: &Text, at: usize) -> Result<Value> {
        let case = self.number(at, crate::steps::discriminant(payloads.len())) as usize;
        let at = at + self.shapes.payload_offset(payloads);
        let Some((name, ty)) = cases(text).into_iter().nth(case) else {
            bail!("invalid case")
        };
        let payload = match (payloads[case], ty) {
            (Some(id), Some(ty)) => Some(self.value(id, &ty, at)?),
            _ => None,
        };
        Ok(match text.kind() {
            wasm_wave::wasm::WasmTypeKind::Option => Value::make_option(text, payload)?,
            wasm_wave::wasm::WasmTypeKind::Result if case == 0 => {
                Value::make_result(text, Ok(payload))?
            }
            wasm_wave::wasm::WasmTypeKind::Result => Value::make_result(text, Err(payload))?,
            _ => Value::make_variant(text, &name, payload)?,
        })
    }
}

/// Makes the image that lifting the same value from a guest makes.
struct Writer<'a> {
    shapes: &'a Shapes,
    out: Vec<u8>,
}

impl Writer<'_> {
    fn put(&mut self, at: usize, width: usize, value: u64) {
        self.out[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
    }

    /// Makes room for what the pair at `pair` points to, and answers where.
    fn append(&mut self, pair: usize, align: usize, size: usize, count: usize) -> Result<usize> {
        let at = self.out.len().next_multiple_of(align);
        if at + size > u32::MAX as usize {
            bail!("the value exceeds 4 GiB");
        }
        self.out.resize(at + size, 0);
        self.put(pair, 4, at as u64);
        self.put(pair + 4, 4, count as u64);
        Ok(at)
    }

    fn value(&mut self, id: ShapeId, text: &Text, value: &Value, at: usize) -> Result<()> {
        use wasm_wave::wasm::WasmTypeKind as T;
        let shapes = self.shapes;
        let shape = shapes.get(id);
        let bits = match (text.kind(), &shape.kind) {
            (T::Bool, _) => u64::from(value.unwrap_bool()),
            (T::S8, _) => value.unwrap_s8() as u64,
            (T::U8, _) => u64::from(value.unwrap_u8()),
            (T::S16, _) => value.unwrap_s16() as u64,
            (T::U16, _) => u64::from(value.unwrap_u16()),
            (T::S32, _) => value.unwrap_s32() as u64,
            (T::U32, _) => u64::from(value.unwrap_u32()),
            (T::S64, _) => value.unwrap_s64() as u64,
            (T::U64, _) => value.unwrap_u64(),
            (T::F32, _) => u64::from(value.unwrap_f32().to_bits()),
            (T::F64, _) => value.unwrap_f64().to_bits(),
            (T::Char, _) => u64::from(u32::from(value.unwrap_char())),
            (T::Enum, _) => {
                let name = value.unwrap_enum();
                text.enum_cases().position(|case| case == name).unwrap_or(0) as u64
            }
            (T::String, _) => {
                let text = value.unwrap_string();
                let to = self.append(at, 1, text.len(), text.len())?;
                self.out[to..].copy_from_slice(text.as_bytes());
                return Ok(());
            }
            (T::Flags, _) => {
                let set: Vec<_> = value.unwrap_flags().collect();
                for (i, name) in text.flags_names().enumerate() {
                    self.out[at + i / 8] |= u8::from(set.contains(&name)) << (i % 8);
                }
                return Ok(());
            }
            (T::List, Kind::List(element)) => return self.list(*element, text, value, at),
            (T::Tuple, Kind::Record(fields)) => {
                let values: Vec<_> = value.unwrap_tuple().collect();
                return self.record(fields, text, &values, at);
            }
            (T::Record, Kind::Record(fields)) => {
                let values: Vec<_> = value.unwrap_record().map(|(_, value)| value).collect();
                return self.record(fields, text, &values, at);
            }
            (_, Kind::Variant(payloads)) => return self.variant(payloads, text, value, at),
            (kind, _) => bail!("there is no text for {kind}"),
        };
        self.put(at, shape.size, bits);
        Ok(())
    }

    fn list(&mut self, element: ShapeId, text: &Text, value: &Value, at: usize) -> Result<()> {
        let Some(ty) = text.list_element_type() else {
            bail!("a list without a type")
        };
        let values: Vec<_> = value.unwrap_list().collect();
        let shape = self.shapes.get(element);
        let to = self.append(at, shape.align, shape.size * values.len(), values.len())?;
        for (i, value) in values.iter().enumerate() {
            self.value(element, &ty, value, to + i * shape.size)?;
        }
        Ok(())
    }

    fn record(
        &mut self,
        fields: &[ShapeId],
        text: &Text,
        values: &[Cow<'_, Value>],
        at: usize,
    ) -> Result<()> {
        let places = layout(self.shapes, fields);
        for (((id, offset), ty), value) in places.into_iter().zip(members(text)).zip(values) {
            self.value(id, &ty, value, at + offset)?;
        }
        Ok(())
    }

    fn variant(
        &mut self,
        payloads: &[Option<ShapeId>],
        text: &Text,
        value: &Value,
        at: usize,
    ) -> Result<()> {
        use wasm_wave::wasm::WasmTypeKind as T;
        let (name, payload): (Cow<'_, str>, _) = match text.kind() {
            T::Option => match value.unwrap_option() {
                Some(payload) => ("some".into(), Some(payload)),
                None => ("none".into(), None),
            },
            T::Result => match value.unwrap_result() {
                Ok(payload) => ("ok".into(), payload),
                Err(payload) => ("err".into(), payload),
            },
            _ => value.unwrap_variant(),
        };
        let cases = cases(text);
        let Some(case) = cases.iter().position(|(case, _)| *case == name) else {
            bail!("unknown case {name}")
        };
        self.put(at, crate::steps::discriminant(payloads.len()), case as u64);
        let at = at + self.shapes.payload_offset(payloads);
        match (payloads[case], &cases[case].1, payload) {
            (Some(id), Some(ty), Some(value)) => self.value(id, ty, &value, at),
            _ => Ok(()),
        }
    }
}
