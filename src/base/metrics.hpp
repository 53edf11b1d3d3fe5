/// Counters, gauges and histograms in the Prometheus text format, for what an operator reads.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace base {

/// Names and values of one series, in the order that they are shown.
using Labels = std::vector<std::pair<std::string, std::string>>;

class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}
  void observe(double value);

 private:
  friend class Metrics;
  std::vector<double> bounds_;  // upper ones, ascending
  std::vector<std::uint64_t> counts_;
  double sum_ = 0;
};

/// Not thread-safe: one loop. Series are made by their first use and stay.
class Metrics {
 public:
  /// Adds to a counter; its name ends in _total.
  void count(std::string_view name, std::string_view help, const Labels& labels = {}, double by = 1);
  void set_gauge(std::string_view name, std::string_view help, const Labels& labels, double value);
  /// Sets a counter that somebody else keeps.
  void set_counter(std::string_view name, std::string_view help, const Labels& labels, double value);
  /// Seconds go into the buckets 5 ms to 5 min.
  void observe_seconds(std::string_view name, std::string_view help, const Labels& labels, double seconds);
  /// Drops every series of a name: what is shown next is set anew.
  void clear(std::string_view name);

  /// Text format 0.0.4.
  [[nodiscard]] std::string render() const;

 private:
  struct Family {
    std::string help;
    std::string type;
    std::map<std::string, double> values;  // by rendered labels
    std::map<std::string, Histogram> histograms;
  };
  Family& family(std::string_view name, std::string_view help, std::string_view type);

  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace base
