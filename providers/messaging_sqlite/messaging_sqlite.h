// Messaging on SQLite: `weft:messaging-sqlite`, one database file per provider. A publish is
// answered after the fdatasync that covers it; a message stays until its handler said ok.
#pragma once
#include "contracts/provider.h"

namespace weft::providers::messaging_sqlite {

const contracts::ProviderKind& kind();

}  // namespace weft::providers::messaging_sqlite
