/// Text in aligned columns, coloured where a terminal shows it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cli {

enum class Style { plain, good, busy, bad, faint, heading };

/// `text` in the style's colour, or as it is without `colour`.
[[nodiscard]] std::string styled(std::string_view text, Style style, bool colour);

/// How a session's or sandbox's state looks.
[[nodiscard]] Style style_of_state(std::string_view state);

struct Cell {
  std::string text;
  Style style = Style::plain;
};

/// Headings over rows. Control characters in cells are replaced; an empty cell shows "-".
class Table {
 public:
  explicit Table(std::vector<std::string> headings);
  /// As many cells as there are headings.
  void add(std::vector<Cell> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string render(bool colour) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<Cell>> rows_;
};

/// Names and values, one pair a line.
class Details {
 public:
  void add(std::string name, std::string value, Style style = Style::plain);
  [[nodiscard]] std::string render(bool colour) const;

 private:
  std::vector<std::pair<std::string, Cell>> lines_;
};

}  // namespace cli
