// How many sockets this process may have, and a share of them that connections to servers leave to
// everybody else: to accept clients, to open files.
#pragma once
#include <cstddef>
#include <memory>

namespace weft::net {

// Raises the soft limit of descriptors to the hard one, as far as the system lets it. Before
// threads start.
void raise_descriptor_limit();

// What the limit is now.
std::size_t descriptor_limit();

// Places for connections that this process opens. Any thread.
class ConnectionPlaces {
 public:
  class Place {
   public:
    virtual ~Place() = default;
  };
  explicit ConnectionPlaces(std::size_t most);
  // Of the whole process: three quarters of its limit when first asked.
  static ConnectionPlaces& of_process();
  // Held for as long as it lives; null: all are taken.
  std::unique_ptr<Place> take();
  std::size_t most() const { return most_; }

 private:
  class Taken;
  struct Count;
  const std::size_t most_;
  const std::shared_ptr<Count> count_;
};

}  // namespace weft::net
