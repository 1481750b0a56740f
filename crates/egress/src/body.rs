//! A body as it arrives: counted and unpacked chunk by chunk, so that no bomb is ever whole in memory.

use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use flate2::write::MultiGzDecoder;

/// How often a body may grow when it is unpacked. Text rarely passes 20; bombs begin at about 1,000.
pub(crate) const MAX_RATIO: usize = 100;
/// Below this many unpacked bytes the ratio is not looked at: small pages of blanks are harmless.
pub(crate) const RATIO_FREE_BYTES: usize = 1 << 20;

/// Packings that we ask for. `deflate` is left out: servers disagree about what it is.
pub(crate) const ACCEPT_ENCODING: &str = "gzip, br";
/// What a brotli decoder is given to work with; its own window comes on top.
const BROTLI_BUFFER_BYTES: usize = 4096;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    TooLarge,
    Bomb,
    Broken(String),
}

/// A body being received.
pub(crate) struct Body {
    unpack: Unpack,
    packed_bytes: usize,
}

enum Unpack {
    Plain(Capped),
    Gzip(Box<MultiGzDecoder<Capped>>),
    Brotli(Box<DecompressorWriter<Capped>>),
}

impl Body {
    /// `encoding` is the header `Content-Encoding`. Beyond `max_bytes` it is cut, or else too large.
    pub(crate) fn new(
        encoding: Option<&str>,
        max_bytes: usize,
        is_cut: bool,
    ) -> Result<Self, Stop> {
        let capped = Capped { bytes: Vec::new(), taken: 0, max_bytes, is_cut };
        let unpack = match encoding.map(|name| name.trim().to_ascii_lowercase()).as_deref() {
            None | Some("" | "identity") => Unpack::Plain(capped),
            Some("gzip" | "x-gzip") => Unpack::Gzip(Box::new(MultiGzDecoder::new(capped))),
            Some("br") => {
                Unpack::Brotli(Box::new(DecompressorWriter::new(capped, BROTLI_BUFFER_BYTES)))
            }
            Some(other) => {
                let other: String = other.chars().take(40).collect();
                return Err(Stop::Broken(format!(
                    "it is packed as `{other}`, which was not asked for"
                )));
            }
        };
        Ok(Self { unpack, packed_bytes: 0 })
    }

    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<(), Stop> {
        // In small steps: one chunk of a bomb may unpack to a thousand times its size.
        for piece in chunk.chunks(1024) {
            self.packed_bytes += piece.len();
            let written = match &mut self.unpack {
                Unpack::Plain(to) => to.write_all(piece),
                Unpack::Gzip(to) => to.write_all(piece),
                Unpack::Brotli(to) => to.write_all(piece),
            };
            written.map_err(|error| stop(&error))?;
            self.check_ratio()?;
        }
        Ok(())
    }

    /// Whether nothing more of it is wanted.
    pub(crate) fn is_full(&self) -> bool {
        let capped = match &self.unpack {
            Unpack::Plain(to) => to,
            Unpack::Gzip(to) => to.get_ref(),
            Unpack::Brotli(to) => to.get_ref(),
        };
        capped.is_cut && capped.len() == capped.max_bytes
    }

    /// What has been unpacked since the last time, for those who read as it comes.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let capped = match &mut self.unpack {
            Unpack::Plain(to) => to,
            Unpack::Gzip(to) => to.get_mut(),
            Unpack::Brotli(to) => to.get_mut(),
        };
        capped.taken += capped.bytes.len();
        std::mem::take(&mut capped.bytes)
    }

    /// What is left.
    pub(crate) fn finish(self) -> Result<Vec<u8>, Stop> {
        match self.unpack {
            Unpack::Plain(capped) => Ok(capped.bytes),
            // An empty body is not a valid gzip stream, and yet what some servers send with a 304.
            Unpack::Gzip(_) | Unpack::Brotli(_) if self.packed_bytes == 0 => Ok(Vec::new()),
            Unpack::Gzip(decoder) => {
                decoder.finish().map(|to| to.bytes).map_err(|error| stop(&error))
            }
            Unpack::Brotli(decoder) => match decoder.into_inner() {
                Ok(capped) => Ok(capped.bytes),
                Err(_) => Err(Stop::Broken("the packed body is cut short".into())),
            },
        }
    }

    fn check_ratio(&self) -> Result<(), Stop> {
        let unpacked = match &self.unpack {
            Unpack::Plain(_) => return Ok(()),
            Unpack::Gzip(to) => to.get_ref().len(),
            Unpack::Brotli(to) => to.get_ref().len(),
        };
        let is_bomb = unpacked > RATIO_FREE_BYTES && unpacked > self.packed_bytes * MAX_RATIO;
        if is_bomb { Err(Stop::Bomb) } else { Ok(()) }
    }
}

fn stop(error: &io::Error) -> Stop {
    if error.kind() == io::ErrorKind::FileTooLarge {
        return Stop::TooLarge;
    }
    Stop::Broken(error.to_string())
}

/// Bytes that may not become more than a limit.
struct Capped {
    bytes: Vec<u8>,
    /// How many were there before these.
    taken: usize,
    max_bytes: usize,
    /// Whether more is passed over.
    is_cut: bool,
}

impl Capped {
    fn len(&self) -> usize {
        self.taken + self.bytes.len()
    }
}

impl Write for Capped {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let room = self.max_bytes - self.len();
        if piece.len() > room && !self.is_cut {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
