//! Short stretches of bytes: most strings are, and for them a call of a library function is most of the work.
use super::{array, write};
use wasmtime::Result;

/// Up to this many bytes are moved and looked at as two words that may overlap: a call of `memcpy` costs more.
pub(super) const SHORT: usize = 16;

/// The first and the last word of a short stretch: all of its bytes, if it has at least one.
#[inline(always)]
fn words(bytes: &[u8]) -> (u64, u64) {
    match bytes.len() {
        8.. => (
            u64::from_le_bytes(array(bytes, 0)),
            u64::from_le_bytes(array(bytes, bytes.len() - 8)),
        ),
        4.. => (
            u64::from(u32::from_le_bytes(array(bytes, 0))),
            u64::from(u32::from_le_bytes(array(bytes, bytes.len() - 4))),
        ),
        2.. => (
            u64::from(u16::from_le_bytes(array(bytes, 0))),
            u64::from(u16::from_le_bytes(array(bytes, bytes.len() - 2))),
        ),
        1 => (u64::from(bytes[0]), u64::from(bytes[0])),
        _ => (0, 0),
    }
}

/// `from` to `to`, which is as long.
#[inline(always)]
pub(super) fn copy(from: &[u8], to: &mut [u8]) {
    let len = from.len();
    if len > SHORT || len != to.len() {
        return to.copy_from_slice(from);
    }
    let (first, last) = words(from);
    let (width, at) = match len {
        8.. => (8, len - 8),
        4.. => (4, len - 4),
        2.. => (2, len - 2),
        1 => (1, 0),
        _ => return,
    };
    write(to, 0, width, first);
    write(to, at, width, last);
}

/// An error unless all of `bytes` is UTF-8.
#[inline(always)]
pub(super) fn check_utf8(bytes: &[u8]) -> Result<()> {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    if bytes.len() <= SHORT {
        let (first, last) = words(bytes);
        if (first | last) & HIGH == 0 {
            return Ok(());
        }
    }
    std::str::from_utf8(bytes)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_copied_whole_and_nothing_beside_it() {
        let from: Vec<u8> = (1..=40).collect();
        for len in 0..=from.len() {
            let mut to = vec![0; len + 2];
            copy(&from[..len], &mut to[1..=len]);
            assert_eq!(to[1..=len], from[..len]);
            assert_eq!((to[0], to[len + 1]), (0, 0));
        }
    }

    #[test]
    #[should_panic]
    fn a_copy_to_another_length_is_refused() {
        copy(&[1, 2, 3], &mut [0; 2]);
    }

    #[test]
    fn utf8_is_what_the_standard_library_takes_for_it() {
        let parts: [&[u8]; 7] = [
            b"",
            b"\x80",
            b"\xff",
            b"\xc3",
            "\u{e9}".as_bytes(),
            "\u{20ac}".as_bytes(),
            b"\xf0\x9f\xa6",
        ];
        for part in parts {
            for (before, after) in (0..20).flat_map(|a| (0..20).map(move |b| (a, b))) {
                let text = [&vec![b'a'; before][..], part, &vec![b'z'; after]].concat();
                assert_eq!(
                    check_utf8(&text).is_ok(),
                    std::str::from_utf8(&text).is_ok(),
                    "{text:?}"
                );
            }
        }
    }
}
