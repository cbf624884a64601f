// What one guest call wrote to its standard output and error: whole lines for the log, the last
// ones for a report.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace weft::engine {

// Cheap while nothing is written.
class GuestOutput {
 public:
  // Takes a line without its newline; the stream is 1 or 2.
  using Line = std::function<void(std::uint32_t fd, std::string_view line)>;

  void write(std::uint32_t fd, std::string_view bytes, const Line& line);
  // Ends unfinished lines.
  void finish(const Line& line);
  // The newest lines of standard error, at most 20 and 4 KiB.
  std::string tail() const;
  void clear();

 private:
  void keep(std::string_view bytes);

  std::array<std::string, 2> partial_;
  std::string tail_;
};

}  // namespace weft::engine
