//! What the C++ program links: every `eng_*` function of the engine crate.
pub use ::engine::*;
