//! Requests to valgrind, which sees a sequence of instructions that does nothing without it.

const CHANGE_ERROR_DISABLEMENT: usize = 0x1801;
const MEMCHECK: usize = (b'M' as usize) << 24 | (b'C' as usize) << 16;
const CALLGRIND: usize = (b'C' as usize) << 24 | (b'T' as usize) << 16;

/// Makes memcheck tell when these bytes decide a branch or an address.
pub(crate) fn secret<T>(value: &T) {
    request(MEMCHECK + 1, &raw const *value as usize, size_of::<T>());
}

/// The same for the bytes of a slice.
pub(crate) fn secret_bytes(bytes: &[u8]) {
    request(MEMCHECK + 1, bytes.as_ptr() as usize, bytes.len());
}

/// Makes memcheck take these bytes as known to everybody.
pub(crate) fn public<T>(value: &T) {
    request(MEMCHECK + 2, &raw const *value as usize, size_of::<T>());
}

/// The same for the bytes of a slice.
pub(crate) fn public_bytes(bytes: &[u8]) {
    request(MEMCHECK + 2, bytes.as_ptr() as usize, bytes.len());
}

/// Keeps memcheck silent while `run` runs: it prepares what is looked at later.
pub(crate) fn quietly<T>(run: impl FnOnce() -> T) -> T {
    request(CHANGE_ERROR_DISABLEMENT, 1, 0);
    let outcome = run();
    request(CHANGE_ERROR_DISABLEMENT, usize::MAX, 0);
    outcome
}

/// Makes callgrind count from zero.
pub(crate) fn zero() {
    request(CALLGRIND + 1, 0, 0);
}

/// Makes callgrind write what it has counted, under a name that ends in a zero byte.
pub(crate) fn dump(name: &core::ffi::CStr) {
    request(CALLGRIND + 3, name.as_ptr() as usize, 0);
}

/// The sequence of `valgrind.h`.
fn request(number: usize, one: usize, other: usize) -> usize {
    let arguments = [number, one, other, 0, 0, 0];
    let mut result: usize = 0;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the rotations add up to 128 and the exchange is with itself, so that nothing
    // changes; under valgrind the request reads the arguments and writes rdx.
    unsafe {
        core::arch::asm!(
            "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
            in("rax") arguments.as_ptr(), inout("rdx") result,
        );
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above, with x12 and x10, x4 for the arguments and x3 for the result.
    unsafe {
        core::arch::asm!(
            "ror x12, x12, #3", "ror x12, x12, #13", "ror x12, x12, #51", "ror x12, x12, #61",
            "orr x10, x10, x10",
            in("x4") arguments.as_ptr(), inout("x3") result,
        );
    }
    core::hint::black_box(&arguments);
    core::mem::take(&mut result)
}
