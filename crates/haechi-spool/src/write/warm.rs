use super::files::Mapped;
use std::collections::VecDeque;

/// Maps of full segments that a lane keeps at the most: 4 MiB of addresses.
const KEEP: usize = 4;

/// Full segments a lane has written and still has mapped. If a lane gets
/// the same file again, its pages need not be brought in once more.
#[derive(Debug, Default)]
pub(super) struct Warm {
    /// By the name the segment had, oldest first.
    maps: VecDeque<(String, Mapped)>,
}

impl Warm {
    /// Keeps a map, and lets go of the oldest if there are too many.
    pub(super) fn keep(&mut self, name: String, file: Mapped) {
        if self.maps.len() == KEEP {
            self.maps.pop_front();
        }
        self.maps.push_back((name, file));
    }

    /// The map of a segment of this name and size, if it is still there.
    pub(super) fn take(&mut self, name: &str, size: usize) -> Option<Mapped> {
        let index = self.maps.iter().position(|(kept, _)| kept == name)?;
        let (_, file) = self.maps.remove(index)?;
        (file.map.len() == size).then_some(file)
    }
}
