// Purpose: lets Catch print results, so that a failed check shows the error.
#pragma once

#include <catch2/catch.hpp>

#include "common/error.h"

template <class T>
struct Catch::StringMaker<tally::Result<T>> {
  static std::string convert(const tally::Result<T>& result) {
    return result ? "ok" : std::string(tally::name_of(result.error().code)) + ": " + result.error().text();
  }
};
