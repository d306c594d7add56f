package audiofile

import "strings"

// addTag notes a field of a recording: the name in upper case, an empty value not at all, and a second
// value of the same name after the first. It returns tags, made if it was nil.
func addTag(tags Tags, name, value string) Tags {
	name, value = strings.ToUpper(strings.TrimSpace(name)), strings.TrimSpace(strings.ToValidUTF8(value, "\uFFFD"))
	if name == "" || value == "" {
		return tags
	}
	if tags == nil {
		tags = Tags{}
	}
	if old := tags[name]; old == "" {
		tags[name] = value
	} else if old != value {
		tags[name] = old + "; " + value
	}
	return tags
}

// addComment notes a Vorbis comment, NAME=value.
func addComment(tags Tags, comment string) Tags {
	name, value, ok := strings.Cut(comment, "=")
	if !ok || strings.EqualFold(name, "METADATA_BLOCK_PICTURE") || len(value) > 1<<16 {
		return tags
	}
	return addTag(tags, name, value)
}
