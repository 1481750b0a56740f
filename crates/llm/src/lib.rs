//! Asks language models for text and for typed values.
//!
//! No wire is spoken yet: the extractive reasoner of the engine serves every processor, and fields that need
//! judgement or writing are null with `needs_model`.
