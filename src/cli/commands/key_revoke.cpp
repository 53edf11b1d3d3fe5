#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/text.hpp"
#include "wire/ids.hpp"

namespace cli {
namespace {

/// Names of keys need not be unique, so a name must mean one key only.
io::Task<base::Result<wire::KeyId>> find_key(Api& api, std::string wanted) {
  if (auto id = wire::KeyId::parse(wanted)) co_return *id;
  const auto answer = co_await api.get("/api-keys");
  if (!answer) co_return tl::unexpected(answer.error());
  std::vector<std::string> ids;
  for (const auto& key : objects_at(*answer, "api_keys")) {
    if (text_at(key, "name") == wanted) ids.push_back(text_at(key, "id"));
  }
  if (ids.size() == 1) co_return wire::KeyId::parse(ids.front());
  if (ids.empty())
    co_return base::fail(base::ErrorCode::not_found,
                         "there is no key '" + printable(wanted) + "'; see: helix key list");
  co_return base::fail(base::ErrorCode::conflict, "more than one key is called '" + printable(wanted) +
                                                      "'; give the id of: helix key list");
}

CommandTask revoke(Context& context, std::string wanted) {
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_key(**api, wanted);
  if (!id) co_return tl::unexpected(id.error());
  const auto removed = co_await (*api)->remove("/api-keys/" + id->text());
  if (!removed) co_return tl::unexpected(removed.error());
  context.output.note("key " + id->text() + " is revoked");
  co_return 0;
}

}  // namespace

Command key_revoke_command() {
  auto wanted = std::make_shared<std::string>();
  Command command("revoke", "End a key and the browser logins made with it");
  command.positional("KEY", "id or name, not the key itself", wanted.get());
  command.examples = "  helix key revoke ci\n";
  command.run = [wanted](Context& context) { return revoke(context, *wanted); };
  return command;
}

}  // namespace cli
