// Host fields: which name an exposure, and that one name has one meaning.
#include <string>

#include "fuzz_target.hpp"
#include "wire/exposure_host.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using fuzz::require;
  using Kind = wire::ExposureHost::Kind;
  const auto input = fuzz::text_of(data, size);
  for (const std::string domain : {"localhost", "dev.example.org", ""}) {
    const auto found = wire::parse_exposure_host(input, domain);
    require((found.kind == Kind::invalid) == found.host.empty(), "a host has a name");
    if (found.kind != Kind::exposure) continue;
    require(!domain.empty(), "without a domain there are no hosts");
    require((found.port == 0) != found.name.empty(), "by port or by name");
    const auto label = found.name.empty() ? wire::make_host_label(found.session, found.port)
                                          : wire::make_host_label(found.session, found.name);
    require(label.size() <= 63, "a label stays within 63 characters");
    const auto again = wire::parse_exposure_host(label + "." + domain, domain);
    require(again.kind == Kind::exposure && again.session == found.session && again.port == found.port &&
                again.name == found.name,
            "the name that is made for it means the same");
  }
  return 0;
}
