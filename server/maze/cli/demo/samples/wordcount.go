// Command wordcount prints the words that occur most often in a file.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

// Word is a word and how often it occurs.
type Word struct {
	Text  string
	Count int
}

// Count reads words from r and counts them, upper and lower case alike.
func Count(r io.Reader) (map[string]int, error) {
	counts := make(map[string]int)
	scanner := bufio.NewScanner(r)
	scanner.Split(bufio.ScanWords)
	for scanner.Scan() {
		word := strings.ToLower(scanner.Text())
		counts[word]++
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("reading words: %w", err)
	}
	return counts, nil
}

// Top returns the n words that occur most often.
func Top(counts map[string]int, n int) []Word {
	words := make([]Word, 0, len(counts))
	for text, count := range counts {
		words = append(words, Word{Text: text, Count: count})
	}
	sort.Slice(words, func(i, j int) bool {
		return words[i].Count > words[j].Count
	})
	if len(words) > n {
		words = words[:n]
	}
	return words
}

// Max returns the larger of two numbers.
func Max(a, b int) int {
	if a > b {
		return a
	}
	return b
}

func run(path string) error {
	if path == "" {
		return errors.New("name a file")
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	counts, err := Count(file)
	if err != nil {
		return err
	}
	for _, word := range Top(counts, 10) {
		fmt.Printf("%6d %s\n", word.Count, word.Text)
	}
	return nil
}

func main() {
	if err := run(strings.Join(os.Args[1:], " ")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
