//! Shapes to steps.
use super::shape::{Kind, ShapeId, Shapes, discriminant};
use super::{Block, BlockId, FlatOp, FlatStep, MAX_FLAT, Program, Step};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::AtomicU32;

/// A record with more steps than this is a block of its own instead of being copied into each user.
const INLINE: usize = 16;

/// Longer stretches of unused bytes get one step; shorter ones are masked with their neighbours.
const MASKED: u32 = 16;

/// Bytes that carry nothing, or only the bits in `keep`.
#[derive(Clone, Copy)]
struct Hole {
    at: u32,
    len: u32,
    keep: u8,
}

/// Steps that can still be moved into a larger type.
#[derive(Clone, Default)]
struct Draft {
    lift: Vec<Step>,
    lower: Vec<Step>,
    holes: Vec<Hole>,
}

/// Compiles the tuple `root`.
pub(super) fn compile(shapes: &Shapes, root: ShapeId) -> Program {
    let mut compiler = Compiler {
        shapes,
        blocks: Vec::new(),
        drafts: Vec::new(),
        known: HashMap::new(),
        cases: Vec::new(),
        variants: HashMap::new(),
        flats: Vec::new(),
        flat_known: HashMap::new(),
        flat_cases: Vec::new(),
        flat_variants: HashMap::new(),
    };
    let block = compiler.block(root);
    let flat_count = shapes.get(root).flat;
    let flat_root = if flat_count <= MAX_FLAT {
        compiler.flat(root)
    } else {
        0
    };
    Program {
        blocks: compiler.blocks.into(),
        cases: compiler.cases.into(),
        flats: compiler.flats.into(),
        flat_cases: compiler.flat_cases.into(),
        root: block,
        flat_root,
        flat_count,
        last_size: AtomicU32::new(0),
    }
}

struct Compiler<'a> {
    shapes: &'a Shapes,
    blocks: Vec<Block>,
    /// Beside each block what it was made from.
    drafts: Vec<Draft>,
    known: HashMap<ShapeId, BlockId>,
    cases: Vec<BlockId>,
    /// The first of its `cases` of each variant.
    variants: HashMap<ShapeId, u32>,
    flats: Vec<Box<[FlatStep]>>,
    flat_known: HashMap<ShapeId, u32>,
    flat_cases: Vec<u32>,
    flat_variants: HashMap<ShapeId, u32>,
}

impl Compiler<'_> {
    fn block(&mut self, id: ShapeId) -> BlockId {
        if let Some(block) = self.known.get(&id) {
            return *block;
        }
        let mut draft = Draft::default();
        self.place(id, 0, &mut draft);
        let shape = self.shapes.get(id);
        let block = self.finish(draft, shape.size, shape.align);
        self.known.insert(id, block);
        block
    }

    fn finish(&mut self, draft: Draft, size: usize, align: usize) -> BlockId {
        let mut lift = masks(&draft.holes, size as u32);
        lift.extend_from_slice(&draft.lift);
        let block = Block {
            size,
            align,
            lift: lift.into(),
            lower: draft.lower.clone().into(),
        };
        self.blocks.push(block);
        self.drafts.push(draft);
        self.blocks.len() as BlockId - 1
    }

    /// Adds the steps of a value at `at`.
    fn place(&mut self, id: ShapeId, at: u32, draft: &mut Draft) {
        match &self.shapes.get(id).kind {
            Kind::Bits(_) | Kind::Signed(_) => {}
            Kind::Bool => draft.both(Step::Bool { at }),
            Kind::Char => draft.both(Step::Char { at }),
            Kind::Str => draft.both(Step::Str { at }),
            Kind::List(element) => {
                let element = self.block(*element);
                draft.both(Step::List { at, element });
            }
            Kind::Enum(count) => draft.both(Step::Enum {
                at,
                width: discriminant(*count as usize) as u8,
                count: *count,
            }),
            Kind::Flags(count) => flags(*count, at, draft),
            Kind::Own(table) => draft.both(Step::Own { at, table: *table }),
            Kind::Borrow(table) => draft.both(Step::Borrow { at, table: *table }),
            Kind::Record(fields) => self.record(fields, self.shapes.get(id).size, at, draft),
            Kind::Variant(cases) => draft.both(Step::Variant {
                at,
                width: discriminant(cases.len()) as u8,
                first: self.cases(id, cases),
                count: cases.len() as u32,
            }),
        }
    }

    fn record(&mut self, fields: &[ShapeId], size: usize, start: u32, draft: &mut Draft) {
        let mut at = 0;
        for field in fields {
            let shape = self.shapes.get(*field);
            let offset = (at as usize).next_multiple_of(shape.align) as u32;
            draft.hole(start + at, offset - at);
            self.part(*field, start + offset, draft);
            at = offset + shape.size as u32;
        }
        draft.hole(start + at, size as u32 - at);
    }

    /// A value inside of another: small records are merged into it.
    fn part(&mut self, id: ShapeId, at: u32, draft: &mut Draft) {
        if !matches!(self.shapes.get(id).kind, Kind::Record(_)) {
            return self.place(id, at, draft);
        }
        let block = self.block(id);
        let part = &self.drafts[block as usize];
        if part.lift.len() + part.lower.len() + part.holes.len() <= INLINE {
            draft.merge(part, at);
            return;
        }
        let made = &self.blocks[block as usize];
        if !made.lift.is_empty() {
            draft.lift.push(Step::Block { at, block });
        }
        if !made.lower.is_empty() {
            draft.lower.push(Step::Block { at, block });
        }
    }

    /// Compiles the cases of a variant, each including what it leaves unused.
    fn cases(&mut self, id: ShapeId, cases: &[Option<ShapeId>]) -> u32 {
        if let Some(first) = self.variants.get(&id) {
            return *first;
        }
        let shape = self.shapes.get(id);
        let (tag, size) = (discriminant(cases.len()) as u32, shape.size as u32);
        let payload_at = self.shapes.payload_offset(cases) as u32;
        let blocks: Vec<BlockId> = cases
            .iter()
            .map(|payload| {
                let mut draft = Draft::default();
                match payload {
                    Some(payload) => {
                        let end = payload_at + self.shapes.get(*payload).size as u32;
                        draft.hole(tag, payload_at - tag);
                        self.part(*payload, payload_at, &mut draft);
                        draft.hole(end, size - end);
                    }
                    None => draft.hole(tag, size - tag),
                }
                self.finish(draft, shape.size, shape.align)
            })
            .collect();
        let first = self.cases.len() as u32;
        self.cases.extend(blocks);
        self.variants.insert(id, first);
        first
    }

    fn flat(&mut self, id: ShapeId) -> u32 {
        if let Some(flat) = self.flat_known.get(&id) {
            return *flat;
        }
        let mut steps = Vec::new();
        self.flat_part(id, 0, 0, &mut steps);
        self.flats.push(steps.into());
        let flat = self.flats.len() as u32 - 1;
        self.flat_known.insert(id, flat);
        flat
    }

    fn flat_part(&mut self, id: ShapeId, slot: u32, at: u32, steps: &mut Vec<FlatStep>) {
        let shape = self.shapes.get(id);
        let op = match &shape.kind {
            Kind::Bits(width) => FlatOp::Bits(*width),
            Kind::Signed(width) => FlatOp::Signed(*width),
            Kind::Bool => FlatOp::Bool,
            Kind::Char => FlatOp::Char,
            Kind::Str => FlatOp::Str,
            Kind::List(element) => FlatOp::List {
                element: self.block(*element),
            },
            Kind::Own(table) => FlatOp::Own { table: *table },
            Kind::Borrow(table) => FlatOp::Borrow { table: *table },
            Kind::Enum(count) => FlatOp::Enum {
                width: discriminant(*count as usize) as u8,
                count: *count,
            },
            Kind::Flags(count) => {
                let width = (shape.size as u32).min(4);
                steps.extend((0..count.div_ceil(32)).map(|word| FlatStep {
                    slot: slot + word,
                    at: at + 4 * word,
                    op: FlatOp::Flags {
                        width: width as u8,
                        keep: low_bits(count - 32 * word),
                    },
                }));
                return;
            }
            Kind::Record(fields) => {
                let (mut slot, mut offset) = (slot, 0usize);
                for field in fields {
                    let field_shape = self.shapes.get(*field);
                    offset = offset.next_multiple_of(field_shape.align);
                    self.flat_part(*field, slot, at + offset as u32, steps);
                    offset += field_shape.size;
                    slot += field_shape.flat as u32;
                }
                return;
            }
            Kind::Variant(cases) => FlatOp::Variant {
                width: discriminant(cases.len()) as u8,
                first: self.flat_cases(id, cases),
                count: cases.len() as u32,
                slots: shape.flat as u32 - 1,
            },
        };
        steps.push(FlatStep { slot, at, op });
    }

    fn flat_cases(&mut self, id: ShapeId, cases: &[Option<ShapeId>]) -> u32 {
        if let Some(first) = self.flat_variants.get(&id) {
            return *first;
        }
        let payload_at = self.shapes.payload_offset(cases) as u32;
        let flats: Vec<u32> = cases
            .iter()
            .map(|payload| {
                let mut steps = Vec::new();
                if let Some(payload) = payload {
                    self.flat_part(*payload, 1, payload_at, &mut steps);
                }
                self.flats.push(steps.into());
                self.flats.len() as u32 - 1
            })
            .collect();
        let first = self.flat_cases.len() as u32;
        self.flat_cases.extend(flats);
        self.flat_variants.insert(id, first);
        first
    }
}

impl Draft {
    fn both(&mut self, step: Step) {
        self.lift.push(step);
        self.lower.push(step);
    }

    fn hole(&mut self, at: u32, len: u32) {
        if len > 0 {
            self.holes.push(Hole { at, len, keep: 0 });
        }
    }

    /// Adds the steps of a part that starts at `by`.
    fn merge(&mut self, part: &Draft, by: u32) {
        let moved = |step: &Step| step.moved(by);
        self.lift.extend(part.lift.iter().map(moved));
        self.lower.extend(part.lower.iter().map(moved));
        self.holes.extend(part.holes.iter().map(|hole| Hole {
            at: hole.at + by,
            ..*hole
        }));
    }
}

impl Step {
    fn moved(&self, by: u32) -> Step {
        let mut step = *self;
        match &mut step {
            Step::Mask { at, .. }
            | Step::Zero { at, .. }
            | Step::Bool { at }
            | Step::Char { at }
            | Step::Enum { at, .. }
            | Step::Variant { at, .. }
            | Step::Str { at }
            | Step::List { at, .. }
            | Step::Block { at, .. }
            | Step::Own { at, .. }
            | Step::Borrow { at, .. } => *at += by,
        }
        step
    }
}

fn low_bits(count: u32) -> u32 {
    1u32.checked_shl(count).map_or(u32::MAX, |bit| bit - 1)
}

/// Only the last word of flags has unused bits.
fn flags(count: u32, at: u32, draft: &mut Draft) {
    let width: u32 = match count {
        0 => return,
        1..=8 => 1,
        9..=16 => 2,
        _ => 4,
    };
    let last = (count - 1) / (8 * width);
    let used = count - last * 8 * width;
    if used == 8 * width {
        return;
    }
    let (at, keep) = (at + last * width, low_bits(used));
    draft.lower.push(Step::Mask {
        at,
        width: width as u8,
        keep: u64::from(keep),
    });
    draft.holes.extend((0..width).map(|byte| Hole {
        at: at + byte,
        len: 1,
        keep: (keep >> (8 * byte)) as u8,
    }));
}

/// Merges holes into as few steps as possible: whole words where the type is long enough.
fn masks(holes: &[Hole], size: u32) -> Vec<Step> {
    let mut words: BTreeMap<u32, [u8; 8]> = BTreeMap::new();
    let mut steps = Vec::new();
    for hole in holes {
        if hole.len > MASKED {
            let Hole { at, len, .. } = *hole;
            steps.push(Step::Zero { at, len });
            continue;
        }
        for at in hole.at..hole.at + hole.len {
            words.entry(at / 8).or_insert([0xff; 8])[at as usize % 8] &= hole.keep;
        }
    }
    for (word, keep) in words {
        let (start, end) = (word * 8, (word * 8 + 8).min(size));
        let mut at = start;
        while at < end {
            let width = 1 << (end - at).ilog2().min(at.trailing_zeros()).min(3);
            let bytes = &keep[(at - start) as usize..][..width as usize];
            if bytes.iter().any(|byte| *byte != 0xff) {
                let mut low = [0; 8];
                low[..width as usize].copy_from_slice(bytes);
                steps.push(Step::Mask {
                    at,
                    width: width as u8,
                    keep: u64::from_le_bytes(low),
                });
            }
            at += width;
        }
    }
    steps
}
