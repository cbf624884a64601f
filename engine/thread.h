// What all guests of one thread share. Made, used and destroyed by that thread; every shard on it
// goes away first.
#pragma once
#include <cstddef>
#include <limits>

#include "base/clock.h"
#include "base/log.h"
#include "base/quick_random.h"
#include "engine/engine.h"
#include "engine/gate.h"
#include "engine/loop.h"
#include "engine/report.h"
#include "engine/running_guests.h"

namespace weft::engine {

struct Thread {
  // All references outlive the thread.
  Thread(LoopSettings settings, Engine& engine_of_process, const Clock& clock_of_process,
         Random& secure_random, Log& log_of_process, Reporter& reporter_of_process)
      : engine(engine_of_process),
        clock(clock_of_process),
        secure(secure_random),
        log(log_of_process),
        reporter(reporter_of_process),
        random(secure_random),
        loop(settings),
        // Who may wait for a place has been let in by the gate of its component, which bounds the
        // queue.
        pool(loop.io(), {.places = engine.guests_per_thread(),
                         .waiting = std::numeric_limits<std::size_t>::max(),
                         .depths = GateSettings::Depths::reserve}),
        guests(engine_of_process.running_guests(), pool) {}

  const Engine& engine;
  const Clock& clock;
  Random& secure;  // for guests
  Log& log;
  Reporter& reporter;
  QuickRandom random;  // for ids
  Loop loop;
  Gate pool;  // the thread's part of the engine's places for guests
  RunningGuests::Member guests;
};

}  // namespace weft::engine
