#include "base/metrics.hpp"

#include <array>
#include <cstdio>

namespace base {
namespace {

constexpr std::array kSecondBounds{0.005, 0.01, 0.025, 0.05, 0.1,  0.25, 0.5,
                                   1.0,   2.5,  5.0,   10.0, 30.0, 60.0, 300.0};

std::string number(double value) {
  std::array<char, 40> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.15g", value);
  return {text.data(), static_cast<std::size_t>(size)};
}

/// `a="1",b="2"`, escaped as the text format wants it.
std::string render_labels(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out += name + "=\"";
    for (const char c : value) {
      if (c == '\n') {
        out += "\\n";
        continue;
      }
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out;
}

std::string braced(const std::string& labels) { return labels.empty() ? "" : "{" + labels + "}"; }

}  // namespace

void Histogram::observe(double value) {
  std::size_t bucket = 0;
  while (bucket < bounds_.size() && value > bounds_[bucket]) ++bucket;
  ++counts_[bucket];
  sum_ += value;
}

Metrics::Family& Metrics::family(std::string_view name, std::string_view help, std::string_view type) {
  auto found = families_.find(name);
  if (found == families_.end()) {
    Family made{std::string(help), std::string(type), {}, {}};
    found = families_.emplace(std::string(name), std::move(made)).first;
  }
  return found->second;
}

void Metrics::count(std::string_view name, std::string_view help, const Labels& labels, double by) {
  family(name, help, "counter").values[render_labels(labels)] += by;
}

void Metrics::set_gauge(std::string_view name, std::string_view help, const Labels& labels, double value) {
  family(name, help, "gauge").values[render_labels(labels)] = value;
}

void Metrics::set_counter(std::string_view name, std::string_view help, const Labels& labels, double value) {
  family(name, help, "counter").values[render_labels(labels)] = value;
}

void Metrics::observe_seconds(std::string_view name, std::string_view help, const Labels& labels,
                              double seconds) {
  auto& series = family(name, help, "histogram").histograms;
  const auto key = render_labels(labels);
  auto found = series.find(key);
  if (found == series.end()) {
    Histogram made({kSecondBounds.begin(), kSecondBounds.end()});
    found = series.emplace(key, std::move(made)).first;
  }
  found->second.observe(seconds);
}

void Metrics::clear(std::string_view name) {
  const auto found = families_.find(name);
  if (found != families_.end()) found->second.values.clear();
}

std::string Metrics::render() const {
  std::string out;
  for (const auto& [name, family] : families_) {
    out += "# HELP " + name + " " + family.help + "\n# TYPE " + name + " " + family.type + "\n";
    for (const auto& [labels, value] : family.values)
      out += name + braced(labels) + " " + number(value) + "\n";
    for (const auto& [labels, histogram] : family.histograms) {
      const std::string comma = labels.empty() ? "" : labels + ",";
      std::uint64_t below = 0;
      for (std::size_t i = 0; i < histogram.bounds_.size(); ++i) {
        below += histogram.counts_[i];
        out += name + "_bucket{" + comma + "le=\"" + number(histogram.bounds_[i]) + "\"} " +
               std::to_string(below) + "\n";
      }
      below += histogram.counts_.back();
      out += name + "_bucket{" + comma + "le=\"+Inf\"} " + std::to_string(below) + "\n";
      out += name + "_sum" + braced(labels) + " " + number(histogram.sum_) + "\n";
      out += name + "_count" + braced(labels) + " " + std::to_string(below) + "\n";
    }
  }
  return out;
}

}  // namespace base
