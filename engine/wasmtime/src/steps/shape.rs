//! Types in the one form that `compile` needs: sizes and cases, no names. Each distinct shape exists
//! once, so a component cannot make a small type section cost much memory here.
use std::collections::HashMap;
use wasmtime::component::__internal::wasmtime_environ::component::TypeResourceTableIndex;
use wasmtime::component::__internal::{ComponentTypes, InterfaceType};
use wasmtime::component::types::Type;
use wasmtime::{Result, bail};

/// Index into `Shapes`.
pub(crate) type ShapeId = u32;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Kind {
    /// Unsigned numbers, wide signed ones and floats.
    Bits(u8),
    /// 8 and 16 bit signed numbers, which are sign-extended when flat.
    Signed(u8),
    Bool,
    Char,
    Str,
    List(ShapeId),
    /// Records and tuples.
    Record(Box<[ShapeId]>),
    /// Variants, options and results.
    Variant(Box<[Option<ShapeId>]>),
    Enum(u32),
    Flags(u32),
    /// The table is known only from wasmtime's internal types.
    Own(Option<TypeResourceTableIndex>),
    Borrow(Option<TypeResourceTableIndex>),
}

#[derive(Debug)]
pub(crate) struct Shape {
    pub kind: Kind,
    pub size: usize,
    pub align: usize,
    /// Number of flat core values; saturates.
    pub flat: usize,
}

#[derive(Default)]
pub(crate) struct Shapes {
    all: Vec<Shape>,
    known: HashMap<Kind, ShapeId>,
    read: HashMap<InterfaceType, ShapeId>,
}

/// Bytes of the discriminant of a type of `count` cases.
pub(crate) fn discriminant(count: usize) -> usize {
    match count {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// Where the payload of a variant starts.
pub(crate) fn payload_offset(align: usize, count: usize) -> usize {
    discriminant(count).next_multiple_of(align)
}

impl Shapes {
    pub fn get(&self, id: ShapeId) -> &Shape {
        &self.all[id as usize]
    }

    /// The shape of a type as a component's own type tables have it.
    pub fn internal(&mut self, types: &ComponentTypes, ty: InterfaceType) -> Result<ShapeId> {
        if let Some(id) = self.read.get(&ty) {
            return Ok(*id);
        }
        use InterfaceType as T;
        let kind = match ty {
            T::Bool => Kind::Bool,
            T::U8 => Kind::Bits(1),
            T::U16 => Kind::Bits(2),
            T::S8 => Kind::Signed(1),
            T::S16 => Kind::Signed(2),
            T::S32 | T::U32 | T::Float32 => Kind::Bits(4),
            T::S64 | T::U64 | T::Float64 => Kind::Bits(8),
            T::Char => Kind::Char,
            T::String => Kind::Str,
            T::List(i) => Kind::List(self.internal(types, types[i].element)?),
            T::Record(i) => self.internal_all(types, types[i].fields.iter().map(|f| f.ty))?,
            T::Tuple(i) => self.internal_all(types, types[i].types.iter().copied())?,
            T::Variant(i) => self.internal_cases(types, types[i].cases.values().copied())?,
            T::Option(i) => self.internal_cases(types, [None, Some(types[i].ty)])?,
            T::Result(i) => self.internal_cases(types, [types[i].ok, types[i].err])?,
            T::Enum(i) => Kind::Enum(types[i].names.len() as u32),
            T::Flags(i) => Kind::Flags(types[i].names.len() as u32),
            T::Own(table) => Kind::Own(Some(table)),
            T::Borrow(table) => Kind::Borrow(Some(table)),
            T::FixedLengthList(_)
            | T::Map(_)
            | T::Future(_)
            | T::Stream(_)
            | T::ErrorContext(_) => {
                bail!("an image does not carry {}", internal_name(ty))
            }
        };
        let id = self.add(kind);
        self.read.insert(ty, id);
        Ok(id)
    }

    fn internal_all(
        &mut self,
        types: &ComponentTypes,
        fields: impl Iterator<Item = InterfaceType>,
    ) -> Result<Kind> {
        let fields: Result<_> = fields.map(|ty| self.internal(types, ty)).collect();
        Ok(Kind::Record(fields?))
    }

    fn internal_cases(
        &mut self,
        types: &ComponentTypes,
        cases: impl IntoIterator<Item = Option<InterfaceType>>,
    ) -> Result<Kind> {
        let cases: Result<_> = cases
            .into_iter()
            .map(|ty| ty.map(|ty| self.internal(types, ty)).transpose())
            .collect();
        Ok(Kind::Variant(cases?))
    }

    /// The shape of a type as wasmtime's public API shows it.
    pub fn public(&mut self, ty: &Type) -> Result<ShapeId> {
        let kind = match ty {
            Type::Bool => Kind::Bool,
            Type::U8 => Kind::Bits(1),
            Type::U16 => Kind::Bits(2),
            Type::S8 => Kind::Signed(1),
            Type::S16 => Kind::Signed(2),
            Type::S32 | Type::U32 | Type::Float32 => Kind::Bits(4),
            Type::S64 | Type::U64 | Type::Float64 => Kind::Bits(8),
            Type::Char => Kind::Char,
            Type::String => Kind::Str,
            Type::List(list) => Kind::List(self.public(&list.ty())?),
            Type::Record(record) => return self.public_tuple(record.fields().map(|f| f.ty)),
            Type::Tuple(tuple) => return self.public_tuple(tuple.types()),
            Type::Variant(variant) => self.public_cases(variant.cases().map(|c| c.ty))?,
            Type::Option(option) => self.public_cases([None, Some(option.ty())])?,
            Type::Result(result) => self.public_cases([result.ok(), result.err()])?,
            Type::Enum(cases) => Kind::Enum(cases.names().len() as u32),
            Type::Flags(flags) => Kind::Flags(flags.names().len() as u32),
            Type::Own(_) => Kind::Own(None),
            Type::Borrow(_) => Kind::Borrow(None),
            other => bail!("an image does not carry {}", public_name(other)),
        };
        Ok(self.add(kind))
    }

    /// The shape of the tuple of these types.
    pub fn public_tuple(&mut self, types: impl IntoIterator<Item = Type>) -> Result<ShapeId> {
        let fields: Result<_> = types.into_iter().map(|ty| self.public(&ty)).collect();
        Ok(self.add(Kind::Record(fields?)))
    }

    fn public_cases(&mut self, cases: impl IntoIterator<Item = Option<Type>>) -> Result<Kind> {
        let cases: Result<_> = cases
            .into_iter()
            .map(|ty| ty.map(|ty| self.public(&ty)).transpose())
            .collect();
        Ok(Kind::Variant(cases?))
    }

    fn add(&mut self, kind: Kind) -> ShapeId {
        if let Some(id) = self.known.get(&kind) {
            return *id;
        }
        let (size, align, flat) = self.measure(&kind);
        let id = self.all.len() as ShapeId;
        self.all.push(Shape {
            kind: kind.clone(),
            size,
            align,
            flat,
        });
        self.known.insert(kind, id);
        id
    }

    /// Size, alignment and number of flat values. Sizes saturate: wasmtime accepts no type whose size
    /// does not fit, but the public types of a component are walked before it is asked.
    fn measure(&self, kind: &Kind) -> (usize, usize, usize) {
        match kind {
            Kind::Bits(width) | Kind::Signed(width) => (*width as usize, *width as usize, 1),
            Kind::Bool => (1, 1, 1),
            Kind::Char | Kind::Own(_) | Kind::Borrow(_) => (4, 4, 1),
            Kind::Str | Kind::List(_) => (8, 4, 2),
            Kind::Enum(count) => {
                let width = discriminant(*count as usize);
                (width, width, 1)
            }
            Kind::Flags(count) => match count {
                0 => (0, 1, 0),
                1..=8 => (1, 1, 1),
                9..=16 => (2, 2, 1),
                _ => {
                    let words = count.div_ceil(32) as usize;
                    (4 * words, 4, words)
                }
            },
            Kind::Record(fields) => {
                let (mut size, mut align, mut flat) = (0usize, 1, 0usize);
                for field in fields.iter().map(|id| self.get(*id)) {
                    size = size.next_multiple_of(field.align) + field.size;
                    align = align.max(field.align);
                    flat = flat.saturating_add(field.flat);
                }
                (size.next_multiple_of(align), align, flat)
            }
            Kind::Variant(cases) => {
                let payloads = || cases.iter().flatten().map(|id| self.get(*id));
                let tag = discriminant(cases.len());
                let payload_align = payloads().map(|p| p.align).max().unwrap_or(1);
                let align = tag.max(payload_align);
                let size = payload_offset(payload_align, cases.len())
                    + payloads().map(|p| p.size).max().unwrap_or(0);
                let flat = payloads().map(|p| p.flat).max().unwrap_or(0);
                (size.next_multiple_of(align), align, flat.saturating_add(1))
            }
        }
    }

    /// Where the payload of these cases starts.
    pub fn payload_offset(&self, cases: &[Option<ShapeId>]) -> usize {
        let aligns = cases.iter().flatten().map(|id| self.get(*id).align);
        payload_offset(aligns.max().unwrap_or(1), cases.len())
    }
}

fn internal_name(ty: InterfaceType) -> &'static str {
    match ty {
        InterfaceType::Map(_) => "maps",
        InterfaceType::Future(_) => "futures",
        InterfaceType::Stream(_) => "streams",
        InterfaceType::FixedLengthList(_) => "lists of fixed length",
        _ => "error contexts",
    }
}

fn public_name(ty: &Type) -> &'static str {
    match ty {
        Type::Map(_) => "maps",
        Type::Future(_) => "futures",
        Type::Stream(_) => "streams",
        Type::ErrorContext => "error contexts",
        _ => "lists of fixed length",
    }
}
