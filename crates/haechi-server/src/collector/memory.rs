/// Gives memory that a burst of records has left behind back to the system:
/// the allocator keeps it otherwise, and a server at rest shall be small.
pub(super) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: the call takes no pointer, may be made from any thread and only
    // touches the allocator's own books.
    unsafe {
        libc::malloc_trim(0);
    }
}
