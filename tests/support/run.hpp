/// Runs one task on a loop of its own and gives back what it returned.
#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "io/task.hpp"

namespace support {

/// Returns once nothing is left on the loop, so a forgotten operation shows as a hang.
template <class T>
T run(boost::asio::io_context& loop, io::Task<T> task) {
  std::optional<T> result;
  boost::asio::co_spawn(loop, std::move(task), [&](const std::exception_ptr& error, T value) {
    if (error) std::rethrow_exception(error);
    result.emplace(std::move(value));
  });
  loop.restart();
  loop.run();
  return std::move(result).value();
}

inline void run(boost::asio::io_context& loop, io::Task<void> task) {
  boost::asio::co_spawn(loop, std::move(task), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  });
  loop.restart();
  loop.run();
}

template <class T>
T run(io::Task<T> task) {
  boost::asio::io_context loop;
  return run(loop, std::move(task));
}

inline void run(io::Task<void> task) {
  boost::asio::io_context loop;
  run(loop, std::move(task));
}

}  // namespace support
