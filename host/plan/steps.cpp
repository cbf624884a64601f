#include <algorithm>
#include <set>

#include "host/plan/checks.h"

#include <fmt/format.h>

namespace weft::plan {
namespace {

// FNV-1a over fields with their lengths, so that no two lists of fields run together.
class Hash {
 public:
  Hash& add(std::string_view text) {
    add(text.size());
    for (const char c : text) mix(static_cast<std::uint8_t>(c));
    return *this;
  }
  Hash& add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) mix(static_cast<std::uint8_t>(number >> shift));
    return *this;
  }
  Hash& add(const std::vector<SecretUse>& uses) {
    for (const auto& use : uses) {
      add(use.name).add(use.key).add(use.field).add(use.file.string());
      add(use.key_file.string()).add(use.key_variable);
    }
    return *this;
  }
  Hash& add(const Settings& settings) {
    add(settings.size());
    for (const auto& [key, value] : settings) add(key).add(value);
    return *this;
  }
  std::uint64_t value() const { return value_; }

 private:
  void mix(std::uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001b3; }
  std::uint64_t value_ = 0xcbf29ce484222325;
};

struct Hashed {
  Hash& hash;
  void operator()(const StartProvider& one) {
    hash.add(one.id.text()).add(one.provider).add(one.config).add(one.secrets);
  }
  void operator()(const OpenEndpoint& one) { hash.add(one.name); }
  void operator()(const StartComponent& one) {
    hash.add(one.id.text()).add(one.path).add(one.digest);
    for (const auto& spec : contracts::limit_specs())
      hash.add(spec.key).add(one.limits.*spec.value);
  }
  void operator()(const PutLink& one) {
    hash.add(one.source.text()).add(one.name.text()).add(one.interface).add(one.target.text());
    hash.add(one.endpoint).add(one.source_config).add(one.target_config);
  }
  void operator()(const AddRoute& one) {
    hash.add(one.provider.text()).add(one.target.text()).add(one.link.text());
    hash.add(one.address).add(one.host).add(one.path).add(one.target_config);
  }
  void operator()(const Subscribe& one) {
    hash.add(one.provider.text()).add(one.link.text()).add(one.contract).add(one.target.text());
    hash.add(one.settings).add(one.calls).add(one.secrets);
  }
};

std::uint64_t settings_hash(const StartComponent& component) {
  Hash hash;
  return hash.add(component.config).add(component.secrets).value();
}

Step make_step(std::string key, const contracts::Manifest& application,
               const contracts::Position& at, decltype(Step::what) what) {
  Step step{
      .key = std::move(key), .application = application.name, .at = at, .what = std::move(what)};
  seal(step);
  return step;
}

// Units that start, a callee before its callers; within a cycle in the order of the manifest.
class Order {
 public:
  explicit Order(const World& world) : world_(world) {
    for (const auto& edge : world.edges) callees_[edge.source].push_back(edge.target);
  }
  std::vector<const Unit*> take() {
    for (const auto& unit : world_.units) walk(unit);
    return std::move(order_);
  }

 private:
  void walk(const Unit& start) {
    if (!seen_.insert(&start).second) return;
    std::vector<std::pair<const Unit*, std::size_t>> path{{&start, 0}};
    while (!path.empty()) {
      auto& [unit, next] = path.back();
      const auto callees = callees_.find(unit);
      if (callees == callees_.end() || next == callees->second.size()) {
        if (unit->starts()) order_.push_back(unit);
        path.pop_back();
        continue;
      }
      const auto* callee = callees->second[next++];
      if (seen_.insert(callee).second) path.emplace_back(callee, 0);
    }
  }

  const World& world_;
  std::map<const Unit*, std::vector<const Unit*>> callees_;
  std::set<const Unit*> seen_;
  std::vector<const Unit*> order_;
};

Step provider_step(const Unit& unit) {
  const auto& component = *unit.component;
  auto settings = settings_of(unit);
  return make_step(fmt::format("provider {}", component.id.text()), *unit.application, component.at,
                   StartProvider{component.id, std::string(unit.provider->name),
                                 std::move(settings.plain), std::move(settings.secret)});
}

// Every field behind its length, so that no two lists of fields run together. Of what is secret
// the place where it is kept.
std::string whole_text(const ProviderSettings& settings) {
  std::string text;
  const auto add = [&text](const std::string& field) {
    text += fmt::format("{}:{}", field.size(), field);
  };
  for (const auto& [key, value] : settings.plain) {
    add(key);
    add(value);
  }
  text += ";";
  for (const auto& use : settings.secret) {
    for (const auto& field :
         {use.name, use.key, use.field, use.file.string(), use.key_file.string(), use.key_variable})
      add(field);
  }
  return text + ";";
}

// Not the settings themselves: they may hold passwords, and names are printed.
std::string endpoint_name(const Edge& edge, const Input& input) {
  const auto& target = *edge.target->component;
  if (edge.target->provider == nullptr) return target.id.str();
  const auto text =
      fmt::format("{};{}{}", edge.target->provider->name, whole_text(settings_of(*edge.target)),
                  whole_text(settings_of(edge)));
  return fmt::format("{}#{}", target.id.text(), input.disguise(text));
}

Step endpoint_step(const Edge& edge, const Input& input) {
  auto name = endpoint_name(edge, input);
  auto settings = settings_of(edge);
  return make_step(fmt::format("endpoint {}", name), *edge.application, edge.link->at,
                   OpenEndpoint{edge.target->component->id, std::move(settings.plain), name,
                                std::move(settings.secret)});
}

Step component_step(const Unit& unit) {
  const auto& component = *unit.component;
  // NOLINTNEXTLINE(bugprone-unchecked-optional-access): what was loaded has an image
  const std::string& path = component.image->resolved;
  return make_step(fmt::format("component {}", component.id.text()), *unit.application,
                   component.at,
                   StartComponent{component.id, path, unit.loaded->digest, component.limits,
                                  component.limit_origins,
                                  merged(component.config, Keys::as_written), secrets_of(unit)});
}

Step link_step(const Edge& edge, std::string_view interface, const Input& input) {
  const auto& link = *edge.link;
  auto full = fmt::format("{}:{}/{}", link.ns, link.package, interface);
  auto key =
      fmt::format("link {} {} {}", edge.source->component->id.text(), link.name.text(), full);
  return make_step(
      std::move(key), *edge.application, link.at,
      PutLink{edge.source->component->id, link.name, std::move(full), edge.target->component->id,
              endpoint_name(edge, input), merged(link.source_config, Keys::as_written),
              edge.target->provider == nullptr ? merged(link.target_config, Keys::as_written)
                                               : Settings()});
}

Step subscription_step(const Edge& edge, std::string_view contract) {
  const auto& link = *edge.link;
  const auto& provider = *edge.source->component;
  const auto& target = *edge.target->component;
  auto settings = settings_at_source(edge);
  return make_step(
      fmt::format("subscription {} {} {}", provider.id.text(), link.name.text(), contract),
      *edge.application, link.at,
      Subscribe{provider.id, link.name, std::string(contract), target.id, std::move(settings.plain),
                target.limits.calls, std::move(settings.secret)});
}

bool both_start(const Edge& edge) { return edge.source->starts() && edge.target->starts(); }

// Whether the link lists this interface, whatever its version.
bool names(const contracts::Link& link, std::string_view contract) {
  return std::ranges::any_of(link.interfaces, [&](const contracts::Text& interface) {
    return contract.starts_with(fmt::format("{}:{}/{}@", link.ns, link.package, interface.text));
  });
}

// A link that a component calls through.
bool carries_calls(const Edge& edge) {
  return edge.source->provider == nullptr && both_start(edge);
}

// A link that a provider calls a component through. Those of HTTP servers are routes.
bool carries_events(const Edge& edge) {
  return edge.source->provider != nullptr &&
         edge.source->provider->name != manifest::k_http_server && both_start(edge);
}

}  // namespace

void seal(Step& step) {
  Hash hash;
  hash.add(step.application.text()).add(std::uint64_t{step.what.index()});
  std::visit(Hashed{hash}, step.what);
  step.hash = hash.value();
  const auto* component = std::get_if<StartComponent>(&step.what);
  if (component != nullptr) step.settings = settings_hash(*component);
}

std::vector<Step> make_steps(const World& world, const Input& input) {
  std::vector<Step> steps;
  const auto order = Order(world).take();
  for (const auto* unit : order) {
    if (unit->provider != nullptr) steps.push_back(provider_step(*unit));
  }
  std::set<std::string> endpoints;
  for (const auto& edge : world.edges) {
    if (!carries_calls(edge) || edge.target->provider == nullptr) continue;
    auto step = endpoint_step(edge, input);
    if (endpoints.insert(step.key).second) steps.push_back(std::move(step));
  }
  for (const auto* unit : order) {
    if (unit->provider == nullptr && unit->loaded != nullptr)
      steps.push_back(component_step(*unit));
  }
  for (const auto& edge : world.edges) {
    if (!carries_calls(edge)) continue;
    for (const auto& interface : edge.link->interfaces)
      steps.push_back(link_step(edge, interface.text, input));
  }
  for (const auto& edge : world.edges) {
    if (!carries_events(edge)) continue;
    for (const auto contract : edge.source->provider->calls) {
      if (names(*edge.link, contract)) steps.push_back(subscription_step(edge, contract));
    }
  }
  return steps;
}

}  // namespace weft::plan
