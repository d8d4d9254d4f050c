// A check as JSON; JSON.md describes it.
#pragma once

#include "analyzer/check.h"
#include "analyzer/json.h"

namespace heaptape {

Json to_json(const CheckReport& report);

}  // namespace heaptape
