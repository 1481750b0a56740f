//! The reasoner without a model: rules that find, rank and quote. It never writes a sentence about the
//! world; everything it gives is a span of a page.
