// What every component links: what Debian's wasm32 C and C++ libraries lack, or bring with too
// much.
#include <__verbose_abort>
#include <cstdint>
#include <cstdlib>
#include <wit/export.hpp>

// Debian compiles libc++ for wasm32 with -fstack-protector-strong; wasi-libc has no support for it.
extern "C" {
std::uintptr_t __stack_chk_guard = 0x5bd1e995;
[[noreturn]] void __stack_chk_fail() { __builtin_trap(); }
}

// The host allocates arguments and results of calls here. Size 0 must answer an aligned address
// that nobody frees.
extern "C" [[clang::export_name("cabi_realloc")]] void* cabi_realloc(void* old, std::size_t,
                                                                     std::size_t align,
                                                                     std::size_t size) {
  if (size == 0) return wit::at_address(align);
  auto* p = std::realloc(old, size);
  if (!p) __builtin_trap();
  return p;
}

// stdio is linked only where a guest uses it: without it, the weak stdout has no address. fseek
// writes out what the stream holds before it finds that a terminal cannot seek; fflush would bring
// all of stdio into every component.
struct _IO_FILE;
extern "C" {
extern _IO_FILE* const stdout __attribute__((weak));
int fseek(_IO_FILE*, long, int);
}
void wit::flush_output() {
  constexpr int from_current_position = 1;
  if (&stdout) fseek(stdout, 0, from_current_position);
}
