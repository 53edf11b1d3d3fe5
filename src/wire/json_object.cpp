#include "wire/json_object.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>

namespace wire {
namespace {

namespace json = boost::json;
using base::ErrorCode;

/// Follows a document that is valid already and remembers the first key that its object has twice.
class DuplicateFinder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    open_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    open_.pop_back();
    return true;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    if (!open_.back().insert(key_).second && !found) found = key_;
    key_.clear();
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  std::optional<std::string> found;

 private:
  std::vector<std::set<std::string>> open_;
  std::string key_;
};

std::string at_most(std::size_t most, std::string_view what) {
  return "must have at most " + std::to_string(most) + " " + std::string(what);
}

}  // namespace

base::Result<json::object> parse_json_object(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::error_code error;
  auto value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) return base::fail(ErrorCode::malformed, "the body is not valid JSON: " + error.message());
  if (!value.is_object()) return base::fail(ErrorCode::malformed, "the body is not a JSON object");

  json::basic_parser<DuplicateFinder> again(options);
  again.write_some(false, text.data(), text.size(), error);
  if (again.handler().found) return base::fail_field(*again.handler().found, "is given twice");
  return std::move(value.get_object());
}

const json::value* ObjectReader::find(std::string_view name) {
  asked_.emplace(name);
  const auto* value = object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<std::string> ObjectReader::text(std::string_view name, std::size_t most_bytes) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    refuse(name, "must be a string");
    return std::nullopt;
  }
  if (value->get_string().size() > most_bytes) {
    refuse(name, at_most(most_bytes, "bytes"));
    return std::nullopt;
  }
  return std::string(value->get_string());
}

std::optional<std::int64_t> ObjectReader::integer(std::string_view name, std::int64_t least,
                                                  std::int64_t most) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  const std::string range = " between " + std::to_string(least) + " and " + std::to_string(most);
  json::error_code error;
  const auto number = value->is_double() ? 0 : value->to_number<std::int64_t>(error);
  if (error || !value->is_number() || value->is_double()) {
    refuse(name, "must be an integer" + range);
    return std::nullopt;
  }
  if (number < least || number > most) {
    refuse(name, "must be" + range);
    return std::nullopt;
  }
  return number;
}

std::optional<bool> ObjectReader::flag(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) {
    refuse(name, "must be true or false");
    return std::nullopt;
  }
  return value->get_bool();
}

std::optional<std::vector<std::string>> ObjectReader::texts(std::string_view name, std::size_t most_items,
                                                            std::size_t most_bytes) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_array()) {
    refuse(name, "must be a list of strings");
    return std::nullopt;
  }
  if (value->get_array().size() > most_items) {
    refuse(name, at_most(most_items, "items"));
    return std::nullopt;
  }
  std::vector<std::string> out;
  for (const auto& item : value->get_array()) {
    if (!item.is_string() || item.get_string().size() > most_bytes) {
      refuse(name, "must be a list of strings of at most " + std::to_string(most_bytes) + " bytes");
      return std::nullopt;
    }
    out.emplace_back(item.get_string());
  }
  return out;
}

std::optional<std::map<std::string, std::string>> ObjectReader::text_map(std::string_view name,
                                                                         std::size_t most_items,
                                                                         std::size_t most_bytes) {
  const auto* members = object(name);
  if (members == nullptr) return std::nullopt;
  if (members->size() > most_items) {
    refuse(name, at_most(most_items, "members"));
    return std::nullopt;
  }
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : *members) {
    if (!value.is_string() || value.get_string().size() > most_bytes) {
      refuse(std::string(name) + "." + std::string(key),
             "must be a string of at most " + std::to_string(most_bytes) + " bytes");
      return std::nullopt;
    }
    out.emplace(std::string(key), std::string(value.get_string()));
  }
  return out;
}

const json::object* ObjectReader::object(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) {
    refuse(name, "must be an object");
    return nullptr;
  }
  return &value->get_object();
}

void ObjectReader::require(bool present, std::string_view name) {
  if (!present) refuse(name, "is missing");
}

void ObjectReader::refuse(std::string_view name, std::string rule) {
  if (complaint_) return;
  complaint_.emplace(ErrorCode::invalid_argument, std::move(rule), path_ + std::string(name));
}

base::Result<void> ObjectReader::finish(bool unknown_fields_too) {
  if (complaint_) return tl::unexpected(*complaint_);
  if (!unknown_fields_too) return {};
  for (const auto& [key, value] : object_) {
    if (asked_.find(std::string_view(key.data(), key.size())) == asked_.end())
      return base::fail_field(path_ + std::string(key), "is not a known field");
  }
  return {};
}

}  // namespace wire
