// A Go program: goroutines, timers, network poller, pre-emption by SIGURG, stack growth, collection.
package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type testCase struct {
	name string
	body func() error
}

func expect(condition bool, format string, arguments ...any) error {
	if condition {
		return nil
	}
	return fmt.Errorf(format, arguments...)
}

func goroutines() error {
	var group sync.WaitGroup
	var sum atomic.Int64
	channel := make(chan int)
	for i := 0; i < 1000; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			sum.Add(int64(<-channel))
		}()
	}
	for i := 0; i < 1000; i++ {
		channel <- i
	}
	group.Wait()
	return expect(sum.Load() == 499500, "sum is %d", sum.Load())
}

func sleeps() error {
	start := time.Now()
	time.Sleep(50 * time.Millisecond)
	select {
	case <-time.After(50 * time.Millisecond):
	case <-time.NewTimer(10 * time.Second).C:
		return errors.New("the wrong timer fired")
	}
	took := time.Since(start)
	return expect(took >= 99*time.Millisecond && took < 5*time.Second, "took %v", took)
}

func preemption() error {
	var stop atomic.Bool
	spinning := runtime.GOMAXPROCS(0) * 2
	var group sync.WaitGroup
	for i := 0; i < spinning; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for !stop.Load() {
			}
		}()
	}
	for i := 0; i < 10; i++ {
		time.Sleep(5 * time.Millisecond)
		runtime.Gosched()
	}
	runtime.GC()
	stop.Store(true)
	group.Wait()
	return nil
}

func collection() error {
	var keep [][]byte
	for i := 0; i < 200; i++ {
		block := make([]byte, 100000)
		block[i] = byte(i)
		if i%10 == 0 {
			keep = append(keep, block)
		}
	}
	runtime.GC()
	for i, block := range keep {
		if block[i*10] != byte(i*10) {
			return fmt.Errorf("block %d is damaged", i)
		}
	}
	return nil
}

func recurse(depth int) int {
	var frame [128]int
	if depth == 0 {
		return 1
	}
	frame[depth%128] = depth
	return recurse(depth-1) + frame[depth%128] - depth
}

func stackGrowth() error {
	result := make(chan int)
	go func() { result <- recurse(20000) }()
	return expect(<-result == 1, "recursion went wrong")
}

func nilDereference() (err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = nil
		}
	}()
	var pointer *int
	*pointer = 1
	return errors.New("no panic")
}

func webServer() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "path %s", r.URL.Path)
	})}
	go server.Serve(listener)
	defer server.Close()
	var group sync.WaitGroup
	failures := make(chan error, 100)
	for c := 0; c < 10; c++ {
		group.Add(1)
		go func(c int) {
			defer group.Done()
			for i := 0; i < 10; i++ {
				response, err := http.Get(fmt.Sprintf("http://%s/%d-%d", listener.Addr(), c, i))
				if err != nil {
					failures <- err
					return
				}
				body, _ := io.ReadAll(response.Body)
				response.Body.Close()
				if string(body) != fmt.Sprintf("path /%d-%d", c, i) {
					failures <- fmt.Errorf("answer %q", body)
				}
			}
		}(c)
	}
	group.Wait()
	select {
	case err := <-failures:
		return err
	default:
		return nil
	}
}

func deadlines() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return err
	}
	defer client.Close()
	client.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	_, err = client.Read(make([]byte, 1))
	var timeout net.Error
	return expect(errors.As(err, &timeout) && timeout.Timeout(), "read ended with %v", err)
}

func files() error {
	dir, err := os.MkdirTemp("", "scone-go")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for i := 0; i < 20; i++ {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), make([]byte, i*1000), 0o600); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 20 {
		return fmt.Errorf("%d entries, %v", len(entries), err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "7"))
	return expect(err == nil && len(data) == 7000, "%d bytes, %v", len(data), err)
}

func signals() error {
	channel := make(chan os.Signal, 1)
	signal.Notify(channel, syscall.SIGUSR1)
	defer signal.Stop(channel)
	if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
		return err
	}
	select {
	case <-channel:
		return nil
	case <-time.After(5 * time.Second):
		return errors.New("no signal")
	}
}

func hashes() error {
	sum := sha256.Sum256([]byte("abc"))
	return expect(fmt.Sprintf("%x", sum[:4]) == "ba7816bf", "sha256 is %x", sum)
}

func main() {
	cases := []testCase{
		{"goroutines", goroutines}, {"sleeps", sleeps}, {"preemption", preemption}, {"collection", collection},
		{"stack_growth", stackGrowth}, {"nil_dereference", nilDereference}, {"web_server", webServer},
		{"deadlines", deadlines}, {"files", files}, {"signals", signals}, {"hashes", hashes},
	}
	failed := false
	for _, c := range cases {
		fmt.Printf("# %s\n", c.name)
		if err := c.body(); err != nil {
			fmt.Printf("not ok %s: %v\n", c.name, err)
			failed = true
		} else {
			fmt.Printf("ok %s\n", c.name)
		}
	}
	if failed {
		os.Exit(1)
	}
}
