#include "base/memory.h"

#include <malloc.h>

namespace weft {

void keep_large_blocks() {
  // The largest threshold that glibc takes, and several such blocks kept at the top of the heap.
  constexpr int largest_mapped_elsewhere = 32 << 20;
  constexpr int kept = 128 << 20;
  // NOLINTBEGIN(concurrency-mt-unsafe): called before the process has a second thread
  ::mallopt(M_MMAP_THRESHOLD, largest_mapped_elsewhere);
  ::mallopt(M_TRIM_THRESHOLD, kept);
  // NOLINTEND(concurrency-mt-unsafe)
}

}  // namespace weft
