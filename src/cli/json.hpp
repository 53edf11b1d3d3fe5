/// Reads fields of the API's answers without insisting on them (the server may be older or newer), and prints
/// JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace cli {

namespace json = boost::json;

/// "" when the field is missing or no string.
[[nodiscard]] std::string text_at(const json::object& object, std::string_view name);
/// 0 when the field is missing or no integer.
[[nodiscard]] std::int64_t integer_at(const json::object& object, std::string_view name);
/// An empty one when the field is missing or no array.
[[nodiscard]] const json::array& array_at(const json::object& object, std::string_view name);
[[nodiscard]] const json::object& object_at(const json::object& object, std::string_view name);
/// The objects of the array; other values are left out.
[[nodiscard]] std::vector<json::object> objects_at(const json::object& object, std::string_view name);

/// Indented by two, with a newline at the end.
[[nodiscard]] std::string pretty(const json::value& value);

}  // namespace cli
