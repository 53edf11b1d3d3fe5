#include "io/http/message.hpp"

namespace io::http {

Response make_response(int status, std::string content_type, std::string body) {
  Response response;
  response.status = status;
  response.fields.add("Content-Type", std::move(content_type));
  response.body = std::move(body);
  return response;
}

}  // namespace io::http
