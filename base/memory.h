// How the C library's allocator treats large blocks.
#pragma once

namespace weft {

// Bodies and images of megabytes come and go with every call. By default glibc returns such blocks
// to the kernel at once, and the page faults of the next one cost ten times the copy; from now on
// they are kept for reuse. To be called once, before threads are started.
void keep_large_blocks();

}  // namespace weft
