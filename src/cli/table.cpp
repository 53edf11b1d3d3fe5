#include "cli/table.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "cli/text.hpp"

namespace cli {
namespace {

/// SGR codes, ECMA-48 §8.3.117.
std::string_view code_of(Style style) {
  switch (style) {
    case Style::plain: return "";
    case Style::good: return "\x1b[32m";
    case Style::busy: return "\x1b[33m";
    case Style::bad: return "\x1b[31m";
    case Style::faint: return "\x1b[2m";
    case Style::heading: return "\x1b[1m";
  }
  return "";
}

void append_cell(std::string& out, const Cell& cell, std::size_t width, bool last, bool colour) {
  out += styled(cell.text, cell.style, colour);
  if (!last) out.append(width - width_of(cell.text) + 2, ' ');
}

}  // namespace

std::string styled(std::string_view text, Style style, bool colour) {
  if (!colour || style == Style::plain) return std::string(text);
  return std::string(code_of(style)).append(text).append("\x1b[0m");
}

Style style_of_state(std::string_view state) {
  if (state == "running" || state == "online" || state == "active") return Style::good;
  if (state == "starting" || state == "stopping" || state == "draining") return Style::busy;
  if (state == "failed" || state == "offline") return Style::bad;
  return Style::faint;
}

Table::Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}

void Table::add(std::vector<Cell> cells) {
  assert(cells.size() == headings_.size());
  for (auto& cell : cells) cell.text = cell.text.empty() ? "-" : printable(cell.text);
  rows_.push_back(std::move(cells));
}

std::string Table::render(bool colour) const {
  std::vector<std::size_t> widths;
  for (const auto& heading : headings_) widths.push_back(width_of(heading));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i].text));
  }

  std::string out;
  for (std::size_t i = 0; i < headings_.size(); ++i)
    append_cell(out, {headings_[i], Style::heading}, widths[i], i + 1 == headings_.size(), colour);
  out.push_back('\n');
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      append_cell(out, row[i], widths[i], i + 1 == row.size(), colour);
    out.push_back('\n');
  }
  return out;
}

void Details::add(std::string name, std::string value, Style style) {
  lines_.push_back({std::move(name), Cell{value.empty() ? "-" : printable(value), style}});
}

std::string Details::render(bool colour) const {
  std::size_t width = 0;
  for (const auto& [name, cell] : lines_) width = std::max(width, width_of(name));

  std::string out;
  for (const auto& [name, cell] : lines_) {
    append_cell(out, {name, Style::heading}, width, false, colour);
    append_cell(out, cell, 0, true, colour);
    out.push_back('\n');
  }
  return out;
}

}  // namespace cli
