# tests/test_module.py
# Integration tests for the custom Redis module

import redis
import pytest
import subprocess
import time
import os

@pytest.fixture(scope="module")
def redis_server():
    """Start Redis with our module loaded."""
    module_path = os.path.abspath("./mymodule.so")

    proc = subprocess.Popen([
        "redis-server",
        "--port", "6399",
        "--loadmodule", module_path
    ], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    time.sleep(1)  # Wait for server to start

    yield proc

    proc.terminate()
    proc.wait()

@pytest.fixture
def client(redis_server):
    """Create a Redis client connected to our test server."""
    r = redis.Redis(host='localhost', port=6399, decode_responses=True)
    r.flushall()
    yield r
    r.close()

class TestHelloCommand:
    def test_hello_default(self, client):
        result = client.execute_command("MYMODULE.HELLO")
        assert result == "Hello, World!"

    def test_hello_with_name(self, client):
        result = client.execute_command("MYMODULE.HELLO", "Redis")
        assert result == "Hello, Redis!"

class TestMultiplyCommand:
    def test_multiply_positive(self, client):
        result = client.execute_command("MYMODULE.MULTIPLY", 6, 7)
        assert result == 42

    def test_multiply_negative(self, client):
        result = client.execute_command("MYMODULE.MULTIPLY", -5, 3)
        assert result == -15

    def test_multiply_invalid_arg(self, client):
        with pytest.raises(redis.ResponseError):
            client.execute_command("MYMODULE.MULTIPLY", "abc", 5)

class TestCounterType:
    def test_counter_incr(self, client):
        result = client.execute_command("COUNTER.INCR", "mycounter", 5)
        assert result == 5

        result = client.execute_command("COUNTER.INCR", "mycounter", 3)
        assert result == 8

    def test_counter_get(self, client):
        client.execute_command("COUNTER.INCR", "mycounter", 10)
        result = client.execute_command("COUNTER.GET", "mycounter")
        assert result == 10

    def test_counter_stats(self, client):
        client.execute_command("COUNTER.INCR", "mycounter", 5)
        client.execute_command("COUNTER.INCR", "mycounter", -2)

        stats = client.execute_command("COUNTER.STATS", "mycounter")
        # Parse the array response
        stats_dict = dict(zip(stats[::2], stats[1::2]))

        assert stats_dict["current"] == 3
        assert stats_dict["increments"] == 5
        assert stats_dict["decrements"] == 2

    def test_counter_persistence(self, client, redis_server):
        """Test that counter survives restart."""
        client.execute_command("COUNTER.INCR", "persistent", 100)
        client.execute_command("BGSAVE")
        time.sleep(0.5)  # Wait for save

        # Restart would be tested here in a full integration test
