// Answers the control interface: a subject and a payload in, a reply out, whatever carries them.
#pragma once
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "host/control/desired.h"
#include "host/control/messages.h"

namespace weft::control {

struct Identity {
  std::string id;    // make_host_id()
  std::string name;  // for people
  std::string version;
  std::string lattice = "default";
};

// Control thread only.
class Control {
 public:
  // `desired` and `clock` outlive this.
  Control(Identity identity, Desired& desired, const Clock& clock)
      : identity_(std::move(identity)), desired_(desired), clock_(clock), started_(clock.now()) {}

  // The reply's text. An operation is done, or has failed and changed nothing, when it is answered;
  // it may take as long as calls in flight need to end.
  std::string answer(std::string_view subject, std::string_view payload);

 private:
  Result<Reply> dispatch(const Subject& subject, std::string_view payload);
  Result<Reply> host(const Subject& subject);
  Result<Reply> link(const Subject& subject, std::string_view payload);
  Result<Reply> component(const Subject& subject, std::string_view payload);
  Result<Reply> provider(const Subject& subject, std::string_view payload);
  Result<> check_host(const Subject& subject) const;
  Result<Reply> edit(Edit edit, std::string done);
  HostInfo info() const;
  Inventory inventory() const;
  std::vector<PutLink> links() const;

  const Identity identity_;
  Desired& desired_;
  const Clock& clock_;
  const MonotonicTime started_;
};

}  // namespace weft::control
