// wasi:keyvalue (store, atomics, batch; 0.2.0-draft and 0.2.0-draft2) on weft:keyvalue/store.
//
// A bucket handle is the name given to open(), looked up anew by every call; open() itself asks
// nobody and always succeeds, and "" opens the bucket "default". A cas handle is bucket, key and
// version; cas.current reads again, so it may see a newer value than the one the handle stands for:
// then the swap fails, and its new handle is up to date.
#pragma once
#include <memory>

#include "contracts/adapter.h"

namespace weft::contracts::keyvalue {

std::unique_ptr<Adapter> wasi_adapter();

}  // namespace weft::contracts::keyvalue
