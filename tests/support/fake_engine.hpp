/// A container engine in memory, whose calls can be made to fail.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.hpp"
#include "io/timeout.hpp"

namespace support {

class FakeEngine : public engine::Engine {
 public:
  using Status = engine::ContainerStatus;
  template <class T>
  using Answer = io::Task<base::Result<T>>;

  /// Fails the call of that name from now on, with this code.
  void fail(const std::string& call, base::ErrorCode code = base::ErrorCode::internal) {
    failures_.insert_or_assign(call, code);
  }
  void succeed(const std::string& call) { failures_.erase(call); }
  /// How long each pull takes.
  std::chrono::milliseconds pull_time{0};
  std::set<std::string> images;
  std::set<std::string> images_of_registry;
  std::map<std::string, engine::Container> containers;  // by name
  std::vector<std::string> told;                        // commands of exec_detached
  std::map<std::string, engine::ContainerSpec> specs;   // by container name
  std::map<std::string, engine::Labels> volumes;
  std::vector<std::string> calls;

  Answer<engine::Info> info() override { return answer("info", engine::Info{"26.1.5", "overlay2", 0}); }

  Answer<std::vector<engine::ContainerSummary>> list_containers(std::string label) override {
    std::vector<engine::ContainerSummary> found;
    const auto equals = label.find('=');
    for (const auto& [name, container] : containers) {
      const auto key = container.labels.find(label.substr(0, equals));
      if (key == container.labels.end()) continue;
      if (equals != std::string::npos && key->second != label.substr(equals + 1)) continue;
      found.push_back({container.id, name, container.image, container.labels, container.status, 0});
    }
    return answer("list_containers", std::move(found));
  }

  Answer<engine::Container> inspect_container(std::string id_or_name) override {
    const auto* container = find(id_or_name);
    if (container == nullptr) return refuse<engine::Container>("no such container: " + id_or_name);
    return answer("inspect_container", *container);
  }

  Answer<std::string> create_container(std::string name, engine::ContainerSpec spec) override {
    if (!failures_.contains("create_container")) {
      engine::Container container;
      container.id = "id-" + name;
      container.name = name;
      container.image = spec.image;
      container.labels = spec.labels;
      containers[name] = container;
      specs[name] = spec;
    }
    return answer("create_container", "id-" + name);
  }

  Answer<void> start_container(std::string id_or_name) override {
    auto* container = find(id_or_name);
    if (container != nullptr && !failures_.contains("start_container")) {
      container->status = Status::running;
      container->started_at = "2026-11-21T12:00:00Z";
    }
    return done("start_container");
  }

  Answer<void> stop_container(std::string id_or_name, std::chrono::seconds) override {
    auto* container = find(id_or_name);
    if (container != nullptr && !failures_.contains("stop_container")) container->status = Status::exited;
    return done("stop_container");
  }

  Answer<void> remove_container(std::string id_or_name) override {
    const auto* container = find(id_or_name);
    if (container != nullptr && !failures_.contains("remove_container"))
      containers.erase(std::string(container->name));
    return done("remove_container");
  }

  Answer<void> exec_detached(std::string, std::vector<std::string> argv) override {
    std::string line;
    for (const auto& word : argv) line += (line.empty() ? "" : " ") + word;
    told.push_back(std::move(line));
    return done("exec_detached");
  }

  Answer<std::unique_ptr<engine::LogStream>> logs(std::string, int, bool) override {
    return refuse<std::unique_ptr<engine::LogStream>>("the fake has no logs");
  }

  Answer<void> ensure_volume(std::string name, engine::Labels labels) override {
    if (!failures_.contains("ensure_volume")) volumes.insert_or_assign(name, std::move(labels));
    return done("ensure_volume");
  }

  Answer<void> remove_volume(std::string name) override {
    if (!failures_.contains("remove_volume")) volumes.erase(name);
    return done("remove_volume");
  }

  Answer<std::map<std::string, engine::Labels>> list_volumes(std::string) override {
    return answer("list_volumes", volumes);
  }

  Answer<std::vector<engine::Image>> list_images() override {
    std::vector<engine::Image> found;
    for (const auto& name : images) found.push_back({"sha256:" + name, {name}});
    return answer("list_images", std::move(found));
  }

  Answer<engine::Image> inspect_image(std::string name) override {
    if (!images.contains(name)) return refuse<engine::Image>("no such image: " + name);
    return answer("inspect_image", engine::Image{"sha256:" + name, {name}});
  }

  Answer<void> pull_image(std::string name, engine::Progress progress) override {
    if (progress) progress("Downloading 3f4c");
    co_await io::sleep_for(pull_time);
    if (!images_of_registry.contains(name))
      co_return base::fail(base::ErrorCode::unavailable, "manifest unknown");
    images.insert(name);
    co_return base::Result<void>{};
  }

 private:
  engine::Container* find(const std::string& id_or_name) {
    for (auto& [name, container] : containers) {
      if (name == id_or_name || container.id == id_or_name) return &container;
    }
    return nullptr;
  }

  template <class T>
  Answer<T> answer(std::string call, T value) {
    calls.push_back(call);
    const auto failure = failures_.find(call);
    if (failure != failures_.end()) co_return base::fail(failure->second, call + " failed");
    co_return std::move(value);
  }

  Answer<void> done(std::string call) {
    calls.push_back(call);
    const auto failure = failures_.find(call);
    if (failure != failures_.end()) co_return base::fail(failure->second, call + " failed");
    co_return base::Result<void>{};
  }

  template <class T>
  Answer<T> refuse(std::string message) {
    co_return base::fail(base::ErrorCode::not_found, message);
  }

  std::map<std::string, base::ErrorCode> failures_;
};

}  // namespace support
