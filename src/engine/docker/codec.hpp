/// JSON of the Engine API ↔ values: pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.hpp"

namespace engine::codec {

/// Body of POST /containers/create.
[[nodiscard]] std::string encode_spec(const ContainerSpec& spec);
/// {"label":["…"]}
[[nodiscard]] std::string encode_label_filter(const std::string& label);

/// Decoders fail with malformed naming what is missing.
[[nodiscard]] base::Result<Info> decode_info(std::string_view json);
[[nodiscard]] base::Result<Container> decode_container(std::string_view json);
[[nodiscard]] base::Result<std::vector<ContainerSummary>> decode_containers(std::string_view json);
[[nodiscard]] base::Result<std::map<std::string, Labels>> decode_volumes(std::string_view json);
[[nodiscard]] base::Result<std::vector<Image>> decode_images(std::string_view json);
[[nodiscard]] base::Result<Image> decode_image(std::string_view json);
/// The member "Id" of an answer.
[[nodiscard]] base::Result<std::string> decode_id(std::string_view json);
/// The member "message" of an error answer; the beginning of the body where there is none.
[[nodiscard]] std::string error_message(std::string_view body);

}  // namespace engine::codec
