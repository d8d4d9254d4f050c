// A comparison as JSON; JSON.md describes it.
#pragma once

#include "analyzer/diff.h"
#include "analyzer/json.h"

namespace heaptape {

Json to_json(const DiffReport& report);

}  // namespace heaptape
