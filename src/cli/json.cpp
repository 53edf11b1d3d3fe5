#include "cli/json.hpp"

#include <boost/json/serialize.hpp>

namespace cli {
namespace {

void append(std::string& out, const json::value& value, std::size_t indent);

void append_object(std::string& out, const json::object& object, std::size_t indent) {
  if (object.empty()) {
    out += "{}";
    return;
  }
  const std::string gap(indent + 2, ' ');
  std::string_view separator = "{\n";
  for (const auto& [key, item] : object) {
    out += separator;
    separator = ",\n";
    out += gap + json::serialize(json::string(key)) + ": ";
    append(out, item, indent + 2);
  }
  out += "\n" + std::string(indent, ' ') + "}";
}

void append_array(std::string& out, const json::array& array, std::size_t indent) {
  if (array.empty()) {
    out += "[]";
    return;
  }
  const std::string gap(indent + 2, ' ');
  std::string_view separator = "[\n";
  for (const auto& item : array) {
    out += separator;
    separator = ",\n";
    out += gap;
    append(out, item, indent + 2);
  }
  out += "\n" + std::string(indent, ' ') + "]";
}

/// The parser has bounded the depth.
void append(std::string& out, const json::value& value, std::size_t indent) {
  if (value.is_object())
    append_object(out, value.get_object(), indent);
  else if (value.is_array())
    append_array(out, value.get_array(), indent);
  else
    out += json::serialize(value);
}

}  // namespace

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string());
}

std::int64_t integer_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_int64()) return 0;
  return value->get_int64();
}

const json::array& array_at(const json::object& object, std::string_view name) {
  static const json::array kNone;
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_array()) return kNone;
  return value->get_array();
}

const json::object& object_at(const json::object& object, std::string_view name) {
  static const json::object kNone;
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_object()) return kNone;
  return value->get_object();
}

std::vector<json::object> objects_at(const json::object& object, std::string_view name) {
  std::vector<json::object> objects;
  for (const auto& item : array_at(object, name)) {
    if (item.is_object()) objects.push_back(item.get_object());
  }
  return objects;
}

std::string pretty(const json::value& value) {
  std::string out;
  append(out, value, 0);
  out.push_back('\n');
  return out;
}

}  // namespace cli
