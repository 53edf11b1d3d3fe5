#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "server/http/handlers.hpp"
#include "server/http/responses.hpp"

namespace server {

Answer ServerHandlers::config(Call&) {
  boost::json::array images;
  for (const auto& image : sandboxes_.images()) images.emplace_back(image);
  boost::json::object limits{{"sessions_per_owner", sessions_.options().sessions_per_owner},
                             {"exposures_per_session", exposures_.options().exposures_per_session},
                             {"head_bytes", facts_.head_bytes},
                             {"head_fields", facts_.head_fields},
                             {"target_bytes", facts_.target_bytes},
                             {"body_bytes", facts_.body_bytes},
                             {"head_seconds", facts_.head_seconds},
                             {"idle_seconds", facts_.idle_seconds}};
  boost::json::object body{{"version", facts_.version}, {"dev_subdomain", facts_.dev_subdomain}};
  body["allocated_ports"] = nullptr;
  if (facts_.ports)
    body["allocated_ports"] =
        boost::json::object{{"first", facts_.ports->first}, {"last", facts_.ports->last}};
  body["images"] = std::move(images);
  body["default_image"] = sessions_.options().default_image;
  body["limits"] = std::move(limits);
  co_return json_response(200, body);
}

Answer ServerHandlers::health(Call&) {
  co_return json_response(200, {{"status", "ok"}, {"version", facts_.version}});
}

Answer ServerHandlers::ready(Call&) {
  const auto checks = co_await checks_();
  bool ready = true;
  boost::json::object parts;
  for (const auto& [name, state] : checks) {
    ready = ready && state == "ok";
    parts[name] = state;
  }
  boost::json::object body{{"ready", ready}};
  body["checks"] = std::move(parts);
  const int status = ready ? 200 : 503;
  co_return json_response(status, body);
}

}  // namespace server
