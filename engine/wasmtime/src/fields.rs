//! Header fields of wasi:http 0.2, and the head of an incoming request in one allocation.
use crate::exchange::Header;
use crate::ffi::Slice;
use crate::limits::{LimitKind, Limits, Refusal};
use std::sync::Arc;

pub type List = Vec<(String, Vec<u8>)>;

/// What a field costs beside its text.
const OVERHEAD: usize = 32;

/// Shared until written, and nothing is allocated while empty.
#[derive(Clone, Default)]
pub struct Fields {
    list: Option<Arc<List>>,
    pub immutable: bool,
    /// As limits count them.
    bytes: u64,
}

pub fn cost(name: &str, value: &[u8]) -> u64 {
    (name.len() + value.len() + OVERHEAD) as u64
}

impl From<List> for Fields {
    fn from(list: List) -> Fields {
        Fields {
            bytes: list.iter().map(|(name, value)| cost(name, value)).sum(),
            list: Some(Arc::new(list)),
            immutable: false,
        }
    }
}

impl Fields {
    /// Copies of what C++ passes, for the guest to read.
    pub fn copied<'a>(headers: impl Iterator<Item = &'a Header>) -> Fields {
        let field = |header: &Header| unsafe { (header.name.bytes(), header.value.bytes()) };
        Fields::readable(headers.map(field))
    }

    fn readable<'a>(pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Fields {
        let field = |(name, value): (&[u8], &[u8])| {
            (
                String::from_utf8_lossy(name).to_ascii_lowercase(),
                value.to_vec(),
            )
        };
        let keep = |(name, _): &(String, Vec<u8>)| !forbidden(name);
        let list: List = pairs.map(field).filter(keep).collect();
        Fields {
            immutable: true,
            ..Fields::from(list)
        }
    }

    pub fn entries(&self) -> &[(String, Vec<u8>)] {
        self.list.as_deref().map_or(&[], |list| list)
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let same = |(n, _): &&(String, Vec<u8>)| n.eq_ignore_ascii_case(name);
        self.entries()
            .iter()
            .filter(same)
            .map(|(_, v)| v.as_slice())
    }

    /// Replaces, removes or adds; the caller has checked names and values.
    pub fn change(&mut self, change: impl FnOnce(&mut List)) {
        let list = Arc::make_mut(self.list.get_or_insert_default());
        change(list);
        self.bytes = list.iter().map(|(name, value)| cost(name, value)).sum();
    }

    pub fn append(&mut self, name: String, value: Vec<u8>) {
        self.bytes += cost(&name, &value);
        Arc::make_mut(self.list.get_or_insert_default()).push((name, value));
    }

    /// What one set of headers may have.
    pub fn check(&self, limits: &Limits) -> Result<(), Refusal> {
        let count = self.entries().len() as u64;
        let checks = [
            (LimitKind::HeaderBytes, limits.header_bytes, self.bytes),
            (LimitKind::HeaderCount, limits.header_count.into(), count),
        ];
        for (kind, limit, wanted) in checks {
            if limit != 0 && wanted > limit {
                return Err(Refusal {
                    kind,
                    limit,
                    wanted,
                });
            }
        }
        Ok(())
    }

    pub fn views(&self) -> Vec<Header> {
        let view = |(name, value): &(String, Vec<u8>)| Header {
            name: name.as_str().into(),
            value: value.as_slice().into(),
        };
        self.entries().iter().map(view).collect()
    }
}

pub fn valid_name(name: &str) -> bool {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(token)
}

pub fn valid_value(value: &[u8]) -> bool {
    value
        .iter()
        .all(|&b| b == b'\t' || (b >= b' ' && b != 0x7f))
}

/// The host owns framing and connection management; a guest must not set these.
pub fn forbidden(name: &str) -> bool {
    const NAMES: [&str; 10] = [
        "connection",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "transfer-encoding",
        "upgrade",
    ];
    NAMES.iter().any(|n| n.eq_ignore_ascii_case(name))
}

/// Method, target, scheme, authority and header fields back to back; `ends` are the ends of each piece.
pub struct Head {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

/// Pieces before the header fields.
const LINE: usize = 4;

impl Head {
    /// # Safety
    /// Every slice must be readable.
    pub unsafe fn new(line: [Slice; LINE], headers: &[Header]) -> Head {
        let fields = headers.iter().flat_map(|h| [h.name, h.value]);
        let pieces = line.into_iter().chain(fields);
        let mut head = Head {
            bytes: Vec::with_capacity(pieces.clone().map(|piece| piece.len).sum()),
            ends: Vec::with_capacity(LINE + 2 * headers.len()),
        };
        for piece in pieces {
            head.bytes.extend_from_slice(unsafe { piece.bytes() });
            head.ends.push(head.bytes.len() as u32);
        }
        head
    }

    fn piece(&self, i: usize) -> &[u8] {
        let start = if i == 0 { 0 } else { self.ends[i - 1] as usize };
        &self.bytes[start..self.ends[i] as usize]
    }

    pub fn method(&self) -> &[u8] {
        self.piece(0)
    }

    pub fn target(&self) -> &[u8] {
        self.piece(1)
    }

    pub fn scheme(&self) -> &[u8] {
        self.piece(2)
    }

    pub fn authority(&self) -> &[u8] {
        self.piece(3)
    }

    /// A copy that the guest may keep; made only when it asks.
    pub fn fields(&self) -> Fields {
        let pairs = (LINE..self.ends.len()).step_by(2);
        Fields::readable(pairs.map(|i| (self.piece(i), self.piece(i + 1))))
    }
}
