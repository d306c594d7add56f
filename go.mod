module soloist

go 1.26.8
