// Package evaluate scores a separator on folders of stems, beside the untouched mixture, what one gets
// without learning and what knowing the truth gives.
package evaluate
