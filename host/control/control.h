// Answers the control interface: a subject and a payload in, a reply out, whatever carries them.
#pragma once
#include <functional>
#include <map>
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

// What only the program around a host can do. Control thread.
struct Actions {
  std::function<Result<>()> reload;  // reads the manifests again and applies them
  std::function<void()> stop;        // asks the host to end, and returns before it does
};

// Control thread only.
class Control {
 public:
  // `desired` and `clock` outlive this.
  Control(Identity identity, Desired& desired, Actions actions, const Clock& clock);

  // The reply's text. An operation is done, or has failed and changed nothing, when it is answered;
  // it may take as long as calls in flight need to end.
  std::string answer(std::string_view subject, std::string_view payload);

 private:
  Result<Reply> dispatch(const Subject& subject, std::string_view payload);
  Result<Reply> host(const Subject& subject);
  Result<Reply> label(const Subject& subject, std::string_view payload);
  Result<Reply> manifests(const Subject& subject);
  Result<Reply> link(const Subject& subject, std::string_view payload);
  Result<Reply> component(const Subject& subject, std::string_view payload);
  Result<Reply> scale(std::string_view payload);
  Result<Reply> provider(const Subject& subject, std::string_view payload);
  Result<> check_host(const Subject& subject) const;
  Result<Reply> edit(Edit edit, std::string done);
  HostInfo info() const;
  Inventory inventory() const;
  std::vector<PutLink> links() const;

  const Identity identity_;
  Desired& desired_;
  const Actions actions_;
  const Clock& clock_;
  const MonotonicTime started_;
  std::map<std::string, std::string> labels_;
};

}  // namespace weft::control
