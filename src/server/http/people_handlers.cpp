#include <boost/json/array.hpp>

#include "server/auth/credentials.hpp"
#include "server/auth/tokens.hpp"
#include "server/http/handlers.hpp"
#include "server/http/responses.hpp"
#include "wire/user.hpp"

namespace server {

using base::ErrorCode;

Answer PeopleHandlers::list_keys(Call& call) {
  boost::json::array items;
  for (const auto& key : people_.list_keys(call.caller.user->id)) items.push_back(wire::to_json(key));
  co_return json_response(200, {{"api_keys", std::move(items)}});
}

Answer PeopleHandlers::create_key(Call& call) {
  auto name = wire::decode_new_api_key(call.body);
  if (!name) co_return tl::unexpected(name.error());
  const auto created = co_await people_.create_key(call.caller.user->id, *std::move(name));
  if (!created) co_return tl::unexpected(created.error());
  auto body = wire::to_json(created->key);
  body["key"] = created->secret.expose();
  co_return json_response(201, body);
}

Answer PeopleHandlers::remove_key(Call& call) {
  const auto removed = co_await people_.remove_key(*call.key);
  if (!removed) co_return tl::unexpected(removed.error());
  streams_.end_key(*call.key);
  streams_.end_dead_logins([this](const store::TokenHash& login) { return people_.login_lives(login); });
  co_return no_content();
}

Answer PeopleHandlers::list_users(Call&) {
  boost::json::array items;
  for (const auto& user : people_.list_users()) items.push_back(wire::to_json(user));
  co_return json_response(200, {{"users", std::move(items)}});
}

Answer PeopleHandlers::create_user(Call& call) {
  auto request = wire::decode_new_user(call.body);
  if (!request) co_return tl::unexpected(request.error());
  const auto created = co_await people_.create_user(*std::move(request));
  if (!created) co_return tl::unexpected(created.error());
  auto body = wire::to_json(created->user);
  body["api_key"] = created->secret.expose();
  co_return json_response(201, body);
}

Answer PeopleHandlers::remove_user(Call& call) {
  const auto id = wire::UserId::parse(call.params.at("id"));
  if (!id) co_return base::fail(ErrorCode::not_found, "no such user");
  const auto removed = co_await people_.remove_user(*id);
  if (!removed) co_return tl::unexpected(removed.error());
  streams_.end_user(*id);
  co_return no_content();
}

Answer PeopleHandlers::me(Call& call) {
  co_return json_response(200, wire::to_me_json(*call.caller.user, call.caller.session));
}

Answer PeopleHandlers::log_in(Call& call) {
  const auto same_site = check_origin(call.head, call.scheme, public_url_, false);
  if (!same_site) co_return tl::unexpected(same_site.error());
  const auto wait = attempts_.must_wait(call.peer);
  if (wait) {
    const base::Error error(ErrorCode::too_many, "too many wrong keys came from this address; wait a little");
    auto refused = problem_response(error, call.request_id);
    refused.fields.add("Retry-After", std::to_string(wait->count()));
    co_return refused;
  }
  auto key = wire::decode_login(call.body);
  if (!key) co_return tl::unexpected(key.error());
  const auto login = co_await people_.log_in(*std::move(key));
  if (!login) {
    if (login.error().code() == ErrorCode::unauthenticated) attempts_.note_failure(call.peer);
    call.log.warn("auth.login_refused", {{"peer", call.peer}});
    co_return tl::unexpected(login.error());
  }
  auto response = json_response(200, wire::to_me_json(login->user, std::nullopt));
  response.fields.add("Set-Cookie", set_login_cookie(login->cookie, call.https(), kLoginTime));
  co_return response;
}

Answer PeopleHandlers::log_out(Call& call) {
  const auto same_site = check_origin(call.head, call.scheme, public_url_, false);
  if (!same_site) co_return tl::unexpected(same_site.error());
  // Whatever an app on a port of this host planted beside the browser's own ends with it.
  constexpr std::size_t kMostCookies = 8;
  const auto cookies = find_cookies(call.head.fields, login_cookie_name(call.https()), kMostCookies);
  for (const auto& cookie : cookies) {
    const auto ended = co_await people_.log_out(cookie);
    if (!ended) co_return tl::unexpected(ended.error());
    streams_.end_login(hash_token(cookie));
  }
  auto response = no_content();
  response.fields.add("Set-Cookie", clear_login_cookie(call.https()));
  co_return response;
}

}  // namespace server
