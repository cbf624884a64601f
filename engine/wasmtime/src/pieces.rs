//! Pieces of a body that wait. A window counts their bytes, so small ones are joined: a byte of its own would take a
//! hundred bytes of memory.
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;

/// Pieces are joined up to so many bytes.
const BLOCK: usize = 4096;

pub fn put(queue: &mut VecDeque<Bytes>, piece: Bytes) {
    let fits = |last: &Bytes| last.len() + piece.len() <= BLOCK;
    if !queue.back().is_some_and(fits) {
        return queue.push_back(piece);
    }
    let last = queue.pop_back().unwrap_or_default();
    let mut joined = last
        .try_into_mut()
        .unwrap_or_else(|last| BytesMut::from(&last[..]));
    joined.extend_from_slice(&piece);
    queue.push_back(joined.freeze());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_pieces_share_blocks_and_keep_their_order() {
        let mut queue = VecDeque::new();
        let sent: Vec<u8> = (0..10_000u32).map(|i| i as u8).collect();

        for byte in &sent {
            put(&mut queue, Bytes::copy_from_slice(&[*byte]));
        }
        put(&mut queue, Bytes::from(vec![7; BLOCK]));

        assert_eq!(queue.len(), 10_000usize.div_ceil(BLOCK) + 1);
        let got: Vec<u8> = queue.into_iter().flatten().collect();
        assert_eq!(got[..10_000], sent[..]);
        assert_eq!(got.len(), 10_000 + BLOCK);
    }
}
