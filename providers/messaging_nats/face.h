// The messaging contract on NATS: what one thread sends for its callers.
#pragma once
#include <cstdint>
#include <string_view>

#include "contracts/calls.h"
#include "contracts/messaging/messaging.h"
#include "providers/messaging_nats/clients.h"

namespace weft::providers::messaging_nats {

// Who says that a publish has arrived.
enum class Acknowledged { by_server, by_stream };

class Face final : public contracts::messaging::Messaging {
 public:
  template <class T>
  using Answer = contracts::messaging::Answer<T>;

  // `calls` and `clock` outlive this.
  Face(const boost::asio::io_context::executor_type& executor, ClientPtr client,
       contracts::Calls& calls, const Clock& clock, Acknowledged acknowledged);

  // Answered when the server has it, or a stream.
  void publish(contracts::messaging::Message message, Answer<void> answer) override;
  void request(std::string_view subject, contracts::messaging::Bytes body, std::uint32_t timeout,
               Answer<contracts::messaging::Message> answer) override;

 private:
  template <class T>
  Result<> check(const Answer<T>& answer, Result<> allowed) const;

  const Acknowledged acknowledged_;
  const ClientPtr client_;
  contracts::Calls& calls_;
  const Clock& clock_;
  const contracts::Calls::Holder holder_;
};

}  // namespace weft::providers::messaging_nats
