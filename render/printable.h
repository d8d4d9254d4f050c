// Makes any bytes fit to be shown: names from a tape are untrusted.
#pragma once

#include <string>
#include <string_view>

namespace heaptape {

// Valid UTF-8 without control characters, line breaks or characters that reorder the text around
// them; what is wrong becomes U+FFFD, white space a space. Cut with an ellipsis after `most` characters,
// so that a name of a megabyte can't make a picture slow.
std::string printable(std::string_view bytes, std::size_t most = 400);

// The same, with markup characters written as entities: for text inside XML.
std::string xml_escaped(std::string_view bytes, std::size_t most = 400);

}  // namespace heaptape
